"""Who comes to a channel and who goes: JOIN, PART, KICK, QUIT and NICK."""

from collections.abc import Callable

from bridgekit import Chat, ChatID, Membership, MemberState, Rank, RemoteUserID
from bridges.irc.batches import SPLIT
from bridges.irc.network import Network, OwnLogin
from bridges.irc.session import Session
from bridges.irc.splits import Splits
from bridges.irc.standing import Standing
from bridges.irc.telling import Events, Telling
from bridges.irc.wire import Line, printable


class Comings:
    """As one connection sees them. `batch` says of which kind the batch of a line is."""

    def __init__(
        self,
        own: OwnLogin,
        session: Session,
        network: Network,
        told: Telling,
        standing: Standing,
        splits: Splits,
        batch: Callable[[Line], str],
    ) -> None:
        self._own, self._session, self._network, self._told = own, session, network, told
        self._standing, self._splits, self._batch = standing, splits, batch
        self.by_command: dict[str, Callable[[Line], Events]] = {
            "JOIN": self._came,
            "PART": self._went,
            "KICK": self._kicked,
            "QUIT": self._quit,
            "NICK": self._renamed,
        }

    def _came(self, line: Line) -> Events:
        chat, user = ChatID(self._network.fold(line.param(0))), self._network.user(line.nick)
        if user == self._own.me:
            self._session.mask = line.mask or self._session.mask
            self._own.channels.entered(chat, line.param(0))
            if self._told.by_us(chat):
                self._own.channels.follow(chat)  # the list follows unasked
            return []
        self._network.taken_by_other(user)
        if not self._told.of(chat):
            return []
        self._own.channels.add(chat, user, line.nick)
        if (before := self._splits.returned(user, chat)) is not None:
            return self._back(line, chat, user, before)
        return [self._told.member(line, chat, user, MemberState.JOIN)]

    def _back(self, line: Line, chat: ChatID, user: RemoteUserID, before: Rank) -> Events:
        """Nobody saw them go. A rank is gone until their server has given it again."""
        if before is Rank.MEMBER:
            return []
        content = Membership(user, MemberState.JOIN, rank=Rank.MEMBER)
        return [self._told.event(line, Chat(chat), user, content)]

    def _went(self, line: Line) -> Events:
        chat, user = ChatID(self._network.fold(line.param(0))), self._network.user(line.nick)
        if user == self._own.me:
            self._own.channels.left(chat)
            return []
        if not self._told.of(chat):
            return []
        self._own.channels.remove(chat, user)
        return [self._told.member(line, chat, user, MemberState.LEAVE, line.param(1))]

    def _kicked(self, line: Line) -> Events:
        chat, user = ChatID(self._network.fold(line.param(0))), self._network.user(line.param(1))
        told = self._told.of(chat)
        banned = self._standing.is_banned(chat, user)
        if user == self._own.me:
            self._own.channels.left(chat)
        elif told:
            self._standing.put_out(chat, user, line.param(1))
            self._own.channels.remove(chat, user)
        if not told:
            return []
        state = MemberState.BAN if banned else MemberState.KICK
        content = Membership(user, state, printable(line.param(2)))
        return [self._told.event(line, Chat(chat), self._told.actor(line), content)]

    def _quit(self, line: Line) -> Events:
        user, reason = self._network.user(line.nick), line.param(0)
        channels = self._own.channels
        ranks = {chat: channels.rank(chat, user) for chat in channels.chats_of(user)}
        leaves = {
            chat: (self._told.member(line, chat, user, MemberState.LEAVE, reason), ranks[chat])
            for chat in channels.quit(user)
            if self._told.by_us(chat)
        }
        split = self._batch(line) == SPLIT
        return self._splits.quit(user, reason, leaves, split=split) if leaves else []

    def _renamed(self, line: Line) -> Events:
        old, nick = self._network.user(line.nick), line.param(0)
        new = self._network.user(nick)
        chats = self._own.channels.rename(old, new, nick)
        if self._network.renamed(old, nick, self._own) or old == new:
            return []
        events: Events = []
        for chat in filter(self._told.by_us, chats):
            reason = f"is now known as {nick}"
            events.append(self._told.member(line, chat, old, MemberState.LEAVE, reason))
            rank = self._own.channels.rank(chat, new)
            kept = None if rank is Rank.MEMBER else rank
            came = Membership(new, MemberState.JOIN, rank=kept)
            events.append(self._told.event(line, Chat(chat), new, came, nick))
        return events
