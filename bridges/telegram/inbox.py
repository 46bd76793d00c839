"""Updates as they come, from either transport, into the core: understood or set aside, then stored.

Only when `take` returns may an update be acknowledged.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from warnings import catch_warnings, simplefilter

from telegram import Bot, Update
from telegram.constants import UpdateType
from telegram.warnings import PTBDeprecationWarning

from bridgekit import ChatID, Host, LoginID
from bridges.telegram.administrators import Administrators
from bridges.telegram.commands import Commands
from bridges.telegram.config import TelegramConfig
from bridges.telegram.convert import Events, events_of
from bridges.telegram.facts import Facts, facts_of
from bridges.telegram.ids import Place, find_place
from bridges.telegram.memory import Memory
from bridges.telegram.salvage import salvaged
from bridges.telegram.suspension import Suspensions
from bridges.telegram.view import View
from bridges.telegram.visibility import news

# Telegram leaves out whatever is not named here, and remembers the list.
KINDS = [
    kind.value
    for kind in (
        *(UpdateType.MESSAGE, UpdateType.EDITED_MESSAGE),
        *(UpdateType.CHANNEL_POST, UpdateType.EDITED_CHANNEL_POST),
        *(UpdateType.MESSAGE_REACTION, UpdateType.CALLBACK_QUERY),
        *(UpdateType.CHAT_MEMBER, UpdateType.MY_CHAT_MEMBER),
        *(UpdateType.POLL, UpdateType.POLL_ANSWER),
    )
]


@dataclass(frozen=True, slots=True)
class _Understood:
    """An update as it came, as it reads, what it tells beside that, and whether it asks the bot."""

    raw: Any
    update: Update
    facts: Facts
    asks: bool


class Inbox:
    """Of one bot; it needs no connection, so a webhook may be served while there is none."""

    def __init__(
        self,
        login: LoginID,
        config: TelegramConfig,
        host: Host,
        memory: Memory,
        bot: Bot,
        commands: Commands,
        suspensions: Suspensions,
        administrators: Administrators,
    ) -> None:
        self._suspensions, self._administrators = suspensions, administrators
        self._login, self._config, self._host = login, config, host
        self._memory, self._bot, self._commands = memory, bot, commands
        self.taken = 0  # updates, since the start

    async def take(self, raw: Sequence[Any], cursor: str | None = None) -> None:
        """Store all of it, with the cursor, in one commit; then have commands answered."""
        found = [await self._understood(each) for each in raw]
        understood = [one for one in found if isinstance(one, _Understood)]
        view = self._view([one.facts.move for one in understood if one.facts.move is not None])
        for one in understood:
            await self._memory.learn(one.facts, view.place)
            if one.facts.opened is not None:
                await self._suspensions.lift(one.facts.opened)
        events: Events = []
        seen: dict[int, bool] = {}
        for each in found:
            told = await self._events(each, view, seen) if isinstance(each, _Understood) else each
            events += told
        self._administrators.overtaken(events)
        await self._memory.store()
        await self._host.receive(self._login, *events, cursor=cursor)
        for chat, closed in seen.items():  # only now: what was not stored is news again
            self._memory.note_closed(chat, closed=closed)
        await self._memory.store()
        self.taken += len(raw)
        self._commands.offer([one.update for one in understood if one.asks])

    async def _understood(self, raw: Any) -> _Understood | Events:
        """Of what is set aside, what can be saved."""
        try:
            with catch_warnings():  # the library's own constructors use what it warns of
                simplefilter("ignore", PTBDeprecationWarning)
                update = Update.de_json(raw, self._bot)
            return _Understood(raw, update, facts_of(update), self._commands.asks(update))
        except Exception as error:  # noqa: BLE001 (whatever is made of a surprise)
            return await self._aside(raw, error, self._view(()))

    async def _events(self, one: _Understood, view: View, seen: dict[int, bool]) -> Events:
        try:
            found = events_of(one.update, view)
            changed = await news(one.update, view, self._memory, seen)
        except Exception as error:  # noqa: BLE001 (one poison update must not stop the others)
            return await self._aside(one.raw, error, view)
        return await self._aside(one.raw, None, view) if found is None else [*changed, *found]

    async def _aside(self, raw: Any, error: Exception | None, view: View) -> Events:
        why = "Telegram said what this version of the bridge does not know"
        if error is not None:
            why = f"Telegram said what is no update ({type(error).__name__})"
        await self._host.set_aside(self._login, json.dumps(raw, default=str).encode(), why)
        saved = salvaged(raw, view)
        return [] if saved is None else [saved]

    def _view(self, moves: Sequence[tuple[int, int]]) -> View:
        """`moves` of the same batch are not stored yet."""
        memory = self._memory

        @cache
        def linked() -> frozenset[ChatID]:
            found = {chat.id for chat in self._host.chats(self._login)}
            for old, new in moves:
                places = [find_place(one) for one in found]
                found |= {Place(new, one.topic).id for one in places if one and one.chat == old}
            return frozenset(found)

        return View(
            self._config.bot,
            self._config.topics,
            linked,
            memory.user_called,
            memory.topic_of,
            memory.poll,
            memory.is_banned,
        )
