"""What one connection's stream says of where we are, for who listens in the place of the bot."""

import asyncio
from collections.abc import Callable
from functools import partial

from bridgekit import Chat, ChatID, Content, Message, MessageKind, RemoteEvent, RemoteUserID, Text
from bridges.irc.features import Features
from bridges.irc.network import Network, OwnLogin
from bridges.irc.wire import Line

_SAID = frozenset({"PRIVMSG", "NOTICE", "TAGMSG", "REDACT"})


class Overhearing:
    """For one connection. `turning` is done once all that was heard before is stored."""

    def __init__(self, own: OwnLogin, network: Network, features: Features) -> None:
        self._own, self._network, self._features = own, network, features
        self._listening = network.listening
        self._bot_listed: set[ChatID] = set()
        self.turning: list[Callable[[], None]] = []
        self.overtaken: asyncio.Queue[ChatID] = asyncio.Queue()
        """Channels that this connection tells of from now on."""

    def sees(self, line: Line) -> list[Line]:
        """What is to be told of a line: mostly itself, nothing where somebody else tells it."""
        if line.command in _SAID:
            return self._heard(line)
        user = self._network.user(line.nick)
        match line.command:
            case "JOIN":
                self._came(ChatID(self._network.fold(line.param(0))), user)
            case "PART":
                self._left(ChatID(self._network.fold(line.param(0))), user)
            case "KICK":
                out = self._network.user(line.param(1))
                self._left(ChatID(self._network.fold(line.param(0))), out, put_out=True)
            case "QUIT" if self._is_bot(user):
                for chat in self._own.channels:
                    self._left(chat, user)
            case "353" | "366":
                self._listed(line)
        return [line]

    def turn(self) -> None:
        """What had to wait until all before it was stored."""
        turning, self.turning = self.turning, []
        for turn in turning:
            turn()

    def taken_over(self, chat: ChatID) -> tuple[list[RemoteEvent[Content]], list[Line]]:
        """What a channel that this one tells of from now on is to be told, and what was kept."""
        kept = self._listening.kept(self._own, chat)
        if not self._listening.was_unheard(chat):
            return [], kept
        nick = self._own.channels.spelling(self._own.me) or self._own.me
        words = (
            f"{chat} is heard through {nick}'s connection from now on, as the bridge's own is not"
            " there. What was said before may be missing."
        )
        told = RemoteEvent(Chat(chat), None, Message((Text(words),), MessageKind.NOTICE))
        return [told], kept

    def _heard(self, line: Line) -> list[Line]:
        chat, user = ChatID(self._network.fold(line.param(0))), self._network.user(line.nick)
        if chat not in self._own.channels or self._network.is_ours(user):
            return [line]
        return self._listening.heard(self._own, chat, line)

    def _came(self, chat: ChatID, user: RemoteUserID) -> None:
        if user == self._own.me:
            self._listening.came(self._own, chat)
            return
        other = self._network.own(user)
        if other is None:
            return
        seen = partial(self._listening.seen, self._own, chat, other, here=True)
        if other.bot:
            self.turning.append(seen)
        else:
            seen()

    def _left(self, chat: ChatID, user: RemoteUserID, *, put_out: bool = False) -> None:
        if user == self._own.me:
            saw = self._listening.company(self._own, chat)
            left = partial(self._listening.left, self._own, chat, saw, put_out=put_out)
            self.turning.append(left)
        elif self._is_bot(user) and (bot := self._network.bot) is not None:
            self._listening.seen(self._own, chat, bot, here=False)

    def _is_bot(self, user: RemoteUserID) -> bool:
        """Also while it is not connected any more: others see it go later than we do."""
        bot = self._network.bot
        return bot is not None and bot is not self._own and bot.me == user

    def _listed(self, line: Line) -> None:
        """Whether the bot was there already when this one came."""
        bot = self._network.bot
        if bot is None or bot is self._own:
            return
        if line.command == "353":
            chat = ChatID(self._network.fold(line.param(-2)))
            marked = map(self._features.marked, line.param(-1).split())
            if any(self._network.user(nick) == bot.me for nick, _ in marked):
                self._bot_listed.add(chat)
            return
        chat = ChatID(self._network.fold(line.param(1)))
        here = chat in self._bot_listed
        self._bot_listed.discard(chat)
        self.turning.append(partial(self._listening.listed, self._own, chat, bot, here=here))
