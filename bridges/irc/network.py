"""What all the logins of one network know together: how names compare, and who is one of us."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Protocol

from bridgekit import ChatID, Host, LoginID, Member, RemoteUserID, UserInfo
from bridges.irc.bans import Bans
from bridges.irc.casemap import CaseMapping, fold
from bridges.irc.channels import Channels
from bridges.irc.features import Features
from bridges.irc.listening import Listening
from bridges.irc.masks import Source, ban_of
from bridges.irc.naming import About
from bridges.irc.personal import Personal
from bridges.irc.remembered import Remembered
from bridges.irc.sts import StrictTransport
from bridges.irc.switches import Switch, Switches


class OwnLogin(Protocol):
    """One of the bridge's connections."""

    me: RemoteUserID
    login_id: LoginID
    channels: Channels
    bot: bool  # else it is a person's

    @property
    def source(self) -> Source:
        """As whom the server shows it."""

    def renamed(self, nick: str) -> None:
        """The server calls this login `nick` now."""

    def takes_over(self, chat: ChatID) -> None:
        """It tells of `chat` from now on."""


class Network:
    """One per adapter. Until a server has said what it does, RFC 1459 holds."""

    def __init__(
        self, listening: Listening, lines: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        """`lines`: how many a message may have, in channels where the operator says so."""
        self.listening = listening
        self.bot: OwnLogin | None = None
        """The one that was connected last."""
        self.transport: StrictTransport | None = None
        self.mapping = CaseMapping.RFC1459
        self.nick_length: int | None = None
        self.renames: list[tuple[LoginID, RemoteUserID]] = []
        """Our own logins that have another nick, for the core to be told."""
        self.shown: list[UserInfo] = []
        """People who are shown otherwise on Matrix now, for the core to be told."""
        self.accounts = Remembered("accounts")
        """As whom people were signed in who wrote to one of us in private."""
        self.bans = Bans(self.fold)
        self.personal = Personal(self.fold)
        self.lines = Remembered("lines")
        """How many a message may have, in channels whose operators said so."""
        self._lines = lines
        self.switches = Switches(Switch(), {}, self.fold)
        self.limits: Callable[[], str] = str
        """What the operator allows, in words."""
        self.keys: dict[ChatID, str] = {}
        """Of channels, as they were seen to be set."""
        self.refused: dict[ChatID, str] = {}
        """Why the login that listens is not in a channel, as its room was told."""
        self._own: dict[RemoteUserID, OwnLogin] = {}
        self._former: set[RemoteUserID] = set()

    def upgrade(self, port: int) -> None:
        """There is TLS on this port, for the connections that come now."""
        if self.transport is not None:
            self.transport.upgrade(port)

    def fold(self, name: str) -> str:
        return fold(name, self.mapping)

    def user(self, nick: str) -> RemoteUserID:
        return RemoteUserID(self.fold(nick))

    def learn(self, features: Features) -> bool:
        """Take over what a server said; whether that was new."""
        known = self.mapping, self.nick_length
        self.mapping, self.nick_length = features.case_mapping, features.nick_length
        return known != (self.mapping, self.nick_length)

    @contextmanager
    def connected(self, login: OwnLogin) -> Iterator[None]:
        """For as long as `login` is connected."""
        self._own[login.me] = login
        self._former.discard(login.me)
        self.bot = login if login.bot else self.bot
        try:
            yield
        finally:
            self.listening.gone(login)
            self._own = {me: other for me, other in self._own.items() if other is not login}

    def spelling(self, user: RemoteUserID) -> str | None:
        """How somebody writes their nick, as far as any login has seen it."""
        spelled = (login.channels.spelling(user) for login in self._listening())
        return next((nick for nick in spelled if nick), None)

    def name(self, user: RemoteUserID) -> str:
        """How somebody is shown on Matrix, as far as any login has seen them."""
        nick = self.spelling(user) or user
        names = (login.channels.shown(user, nick) for login in self._listening())
        return next((name for name in names if name), nick)

    def about(self, user: RemoteUserID) -> About | None:
        """What is known of somebody, as far as any login has seen them."""
        known = (login.channels.about(user) for login in self._listening())
        return next((about for about in known if about is not None), None)

    def ban(self, chat: ChatID, whom: Source) -> str:
        """A mask that bans somebody, and nobody else who is there, nor us."""
        user = self.user(whom.nick)
        others = [own.source for own in self._own.values() if own.me != user]
        others += [self.source(one) for one in self._people(chat) if one != user]
        return ban_of(whom, others)

    def strangers(self, chat: ChatID) -> bool:
        """Whether it is not known of all who are there where they are connected from."""
        return not all(self.source(one).host for one in self._people(chat))

    def _people(self, chat: ChatID) -> list[RemoteUserID]:
        """Who is in `chat`, but for us."""
        there = (member.user for member in self.members(chat) or ())
        return [user for user in there if not self.is_ours(user)]

    def source(self, user: RemoteUserID) -> Source:
        """Who somebody is, as far as any login has seen them."""
        about = self.about(user) or About()
        return Source(self.spelling(user) or user, about.user, about.host)

    async def load(self, host: Host) -> None:
        """What an earlier process has left."""
        for known in self._remembered:
            await known.load(host)

    async def save(self, host: Host) -> None:
        for known in self._remembered:
            await known.save(host)

    @property
    def _remembered(self) -> Sequence[Remembered]:
        return self.accounts, self.bans.known, self.personal.known, self.lines

    def most_lines(self, chat: ChatID) -> int | None:
        """How many lines a message may have in a channel; None: as on all the network."""
        chosen = self.lines[chat]
        if chosen is not None:
            return int(chosen)
        return next((most for name, most in self._lines.items() if self.fold(name) == chat), None)

    def calls(self, user: RemoteUserID) -> bool:
        """Whether somebody is told when their nick is said."""
        own = self._own.get(user)
        return own is None or self.personal.called(own.login_id)

    def members(self, chat: ChatID) -> tuple[Member, ...] | None:
        """Who is in `chat`; None where no login of ours has heard the whole list."""
        follower = next((own for own in self._listening() if own.channels.lists(chat)), None)
        return follower.channels.members(chat) if follower else None

    def modes(self, chat: ChatID, user: RemoteUserID) -> str | None:
        """The modes of somebody in `chat`, as far as any login has seen them."""
        known = (login.channels.modes(chat, user) for login in self._listening())
        return next((modes for modes in known if modes is not None), None)

    def _listening(self) -> Iterator[OwnLogin]:
        return (login for login in self._own.values() if login.channels.following)

    def renamed(self, old: RemoteUserID, nick: str, seen_by: OwnLogin) -> bool:
        """Somebody changed their nick; whether it is one of us, of whom nothing is told.

        Two of our sockets may bring the same change, in any order. Until the one that listens has
        brought it, what it still brings from the old nick was said by us as well.
        """
        was_ours = old in self._former
        self._former.discard(old)
        login = self._own.pop(old, None)
        if login is None:
            return was_ours
        login.renamed(nick)
        self._own[login.me] = login
        self.renames.append((login.login_id, login.me))
        others = (other for other in self._listening() if other is not seen_by)
        if login.me != old and any(other.channels.spelling(old) for other in others):
            self._former.add(old)
        return True

    def own(self, user: RemoteUserID) -> OwnLogin | None:
        """Which of our logins goes by that nick."""
        return self._own.get(user)

    def is_ours(self, user: RemoteUserID) -> bool:
        """Whether one of our logins goes by that nick, or did when it said what comes now."""
        return user in self._own or user in self._former

    def taken_by_other(self, user: RemoteUserID) -> None:
        """Somebody came who has a nick that one of us had."""
        self._former.discard(user)
