"""Who may do what in a channel, and what it is about: MODE, and TOPIC, which JOIN is told too."""

from collections.abc import Callable, Iterable, Sequence

from bridgekit import (
    Chat,
    ChatChange,
    ChatID,
    ChatInfo,
    Content,
    Membership,
    MemberState,
    RemoteUserID,
    plain,
)
from bridges.irc.channels import BANNED
from bridges.irc.formatting import from_irc
from bridges.irc.masks import Source, matching
from bridges.irc.modes import ModeChange, mode_changes, nick_in
from bridges.irc.network import Network, OwnLogin
from bridges.irc.rules import Rules, key_in
from bridges.irc.session import Session
from bridges.irc.telling import Events, Telling
from bridges.irc.undecided import Undecided
from bridges.irc.who import question
from bridges.irc.wire import Line, compose

_NICK = 5  # its place among the parameters of RPL_WHOREPLY


class Standing:
    """As one connection sees it."""

    def __init__(
        self,
        own: OwnLogin,
        session: Session,
        network: Network,
        told: Telling,
        want: Callable[[str], None],
    ) -> None:
        """`want` has a line asked when there is time for it."""
        self._own, self._session, self._network, self._told = own, session, network, told
        self._want = want
        self._rules = Rules()
        self._undecided = Undecided(network.fold, want)

    def entered(self, chat: ChatID) -> None:
        """What holds in a channel is asked for, and who is there: nobody tells who comes."""
        self._want(compose("MODE", chat))
        if self._session.features.tells_who:
            self._want(question(chat))

    def modes_told(self, line: Line) -> Events:
        """RPL_CHANNELMODEIS (324)."""
        chat = ChatID(self._network.fold(line.param(1)))
        if not self._told.of(chat):
            return []
        changes = list(mode_changes(line.params[2:], self._session.features.modes))
        return self._ruled(line, chat, None, changes, whole=True)

    def _ruled(
        self,
        line: Line,
        chat: ChatID,
        actor: RemoteUserID | None,
        changes: Sequence[ModeChange],
        *,
        whole: bool = False,
    ) -> Events:
        """Whoever of us comes later needs the key that a channel has now."""
        key = key_in(changes)
        if key:
            self._network.keys[chat] = key
        elif key is not None:
            self._network.keys.pop(chat, None)
        news = self._rules.change(chat, changes, whole=whole)
        return [] if news is None else [self._told.event(line, Chat(chat), actor, ChatChange(news))]

    def moded(self, line: Line) -> Events:
        chat = ChatID(self._network.fold(line.param(0)))
        if not self._told.of(chat):
            return []  # a user's own modes, say
        changes = list(mode_changes(line.params[1:], self._session.features.modes))
        contents: list[Content] = [
            Membership(user, MemberState.JOIN, rank=self._own.channels.rank(chat, user))
            for user in self._ranked(chat, changes)
        ]
        actor = self._told.actor(line)
        ruled = self._ruled(line, chat, actor, changes)
        pardoned = self._pardoned(chat, changes, actor)
        contents += [Membership(user, MemberState.LEAVE) for user in pardoned if actor != user]
        return ruled + [self._told.event(line, Chat(chat), actor, one) for one in contents]

    def _ranked(self, chat: ChatID, changes: list[ModeChange]) -> list[RemoteUserID]:
        """Who has another rank now."""
        told: dict[RemoteUserID, None] = {}
        for change in changes:
            user = self._network.user(change.argument)
            if change.mode in self._session.features.modes.people and self._own.channels.set_mode(
                chat, user, change.mode, added=change.added
            ):
                told[user] = None
        return list(told)

    def _pardoned(
        self, chat: ChatID, changes: list[ModeChange], actor: RemoteUserID | None
    ) -> list[RemoteUserID]:
        """Whose ban was lifted; that somebody who is here is banned is told once they are out."""
        pardoned = []
        for change in changes:
            if change.mode != BANNED:
                continue
            for user in self._meant(chat, change, actor):
                here = self._own.channels.modes(chat, user) is not None
                if here:
                    self._own.channels.set_mode(chat, user, BANNED, added=change.added)
                elif not change.added:
                    pardoned.append(user)
        return pardoned

    def _meant(
        self, chat: ChatID, change: ModeChange, actor: RemoteUserID | None
    ) -> Iterable[RemoteUserID]:
        """Whom a ban is for, or the end of one: who was here when it was set, or has that nick."""
        bans, mask, nick = self._network.bans, change.argument, nick_in(change.argument)
        named = () if nick is None else (self._network.user(nick),)
        if not change.added:
            self._undecided.lifted(chat, mask)
            return dict.fromkeys((*bans.lifted(chat, mask), *named))
        meant, sources = matching(mask, self._network.fold), self._own.channels.sources(chat)
        here = [user for user, source in sources if meant(str(source))]
        bans.set(chat, mask, here)
        strangers = (user for user, source in sources if not (source.host or self._ours(user)))
        if not named and any(strangers):
            self._undecided.set(chat, mask, actor)
        return dict.fromkeys((*here, *named))

    def _ours(self, user: RemoteUserID) -> bool:
        return self._network.is_ours(user)

    def put_out(self, chat: ChatID, user: RemoteUserID, nick: str) -> None:
        """Somebody has to leave; whether they are banned may turn out later."""
        about = self._own.channels.about(user)
        if about is None or not about.host:
            self._undecided.put_out(chat, user, nick)

    def listed(self, line: Line) -> Events:
        """RPL_WHOREPLY (352), for whom a ban may be that was set before."""
        _, user, host, _, nick = line.params[1:6] if len(line.params) > _NICK else [""] * 5
        events: Events = []
        for ban in self._undecided.told(Source(nick, user, host)) if nick else ():
            banned = self._network.user(nick)
            self._network.bans.add(ban.chat, ban.mask, banned)
            if ban.out:
                content = Membership(banned, MemberState.BAN)
                events.append(self._told.event(line, Chat(ban.chat), ban.actor, content))
            else:
                self._own.channels.set_mode(ban.chat, banned, BANNED, added=True)
        return events

    def all_listed(self, line: Line) -> Events:
        """RPL_ENDOFWHO (315)."""
        self._undecided.ended(line.param(1))
        return []

    def is_banned(self, chat: ChatID, user: RemoteUserID) -> bool:
        """Whether somebody who is in `chat` was banned by their nick since they came."""
        return BANNED in (self._own.channels.modes(chat, user) or "")

    def about(self, line: Line) -> Events:
        return self._topic(line, line.param(0), line.param(1), self._told.actor(line))

    def topic_told(self, line: Line) -> Events:
        return self._topic(line, line.param(1), line.param(2), None)

    def _topic(self, line: Line, name: str, text: str, actor: RemoteUserID | None) -> Events:
        chat = ChatID(self._network.fold(name))
        topic = plain(from_irc(text))
        # Told on every JOIN: what it was before is no news.
        if not self._told.of(chat) or not self._own.channels.has_topic(chat, topic):
            return []
        change = ChatChange(ChatInfo(id=chat, topic=topic))
        return [self._told.event(line, Chat(chat), actor, change)]
