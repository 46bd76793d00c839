"""With a webhook, whether Telegram still calls: asked now and then, since silence tells nothing."""

import asyncio
import time

from telegram import WebhookInfo

from bridgekit import Chat, Host, LoginID, Message, MessageKind, RemoteEvent, RetryLater, from_plain
from bridges.telegram.commands import Commands
from bridges.telegram.inbox import Inbox
from bridges.telegram.limits import KEPT
from bridges.telegram.refusals import FOREIGN_WEBHOOK
from bridges.telegram.wire import Wire

_LOOK = 120.0  # seconds between two looks; Telegram tries again what failed within one minute
_LOOKS = 2  # in which nothing came, though something waits, until that is told
_LONGEST = 200  # characters of what Telegram says

FAILING = (
    "Telegram cannot call the bridge{why}, so nothing of what is said there arrives here. Whoever"
    " runs the bridge finds what to do with `bridgekit doctor`. What waits there comes once that"
    " is mended, if it is within a day."
)
WORKING = "Telegram calls the bridge again."


class Calling:
    """Of one connection; `address` is where Telegram is to call."""

    def __init__(
        self,
        login: LoginID,
        host: Host,
        wire: Wire,
        inbox: Inbox,
        commands: Commands,
        address: str,
    ) -> None:
        self._login, self._host, self._inbox, self._commands = login, host, inbox, commands
        self._bot, self._address = wire.bot(), address
        self._taken = self._silent = 0
        self._heard_at = asyncio.get_running_loop().time()

    async def watch(self) -> None:
        """Until the webhook is taken away, or was out of order for so long that much is lost."""
        while True:
            info = await self._bot.get_webhook_info()
            if info.url != self._address:
                raise RetryLater(FOREIGN_WEBHOOK)
            if not info.pending_update_count or self._inbox.taken != self._taken:
                await self._heard()
            else:
                await self._heard_nothing(info)
            self._taken = self._inbox.taken
            await asyncio.sleep(_LOOK)

    async def _heard(self) -> None:
        now, told = asyncio.get_running_loop().time(), self._silent >= _LOOKS
        if now - self._heard_at >= KEPT:  # a new connection says in each room what may be missing
            raise RetryLater("Telegram could not call the bridge for more than a day")
        self._heard_at, self._silent = now, 0
        await self._commands.note_presence()
        if told:
            await self._tell("webhook works", WORKING)

    async def _heard_nothing(self, info: WebhookInfo) -> None:
        self._silent += 1
        if self._silent != _LOOKS:
            return
        words = "".join(filter(str.isprintable, info.last_error_message or ""))[:_LONGEST]
        why = f" ({words})" if words else ""
        await self._tell("webhook fails", FAILING.format(why=why))

    async def _tell(self, what: str, line: str) -> None:
        """In each room: this is no business of one chat."""
        said = Message(from_plain(line), MessageKind.NOTICE)
        chats, key = self._host.chats(self._login), f"{what} {time.time():.0f}"
        events = [RemoteEvent(Chat(chat.id), None, said, key=f"{key} {chat.id}") for chat in chats]
        await self._host.receive(self._login, *events)
