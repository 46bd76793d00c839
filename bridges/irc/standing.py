"""Who may do what in a channel, and what it is about: MODE, and TOPIC, which JOIN is told too."""

from bridgekit import (
    Chat,
    ChatChange,
    ChatID,
    ChatInfo,
    Content,
    Membership,
    MemberState,
    Rank,
    RemoteUserID,
    plain,
)
from bridges.irc.channels import BANNED
from bridges.irc.formatting import from_irc
from bridges.irc.modes import ModeChange, mode_changes, nick_in
from bridges.irc.network import Network, OwnLogin
from bridges.irc.session import Session
from bridges.irc.telling import Events, Telling
from bridges.irc.wire import Line

_MODERATED = "m"


class Standing:
    """As one connection sees it."""

    def __init__(self, own: OwnLogin, session: Session, network: Network, told: Telling) -> None:
        self._own, self._session, self._network, self._told = own, session, network, told

    def moded(self, line: Line) -> Events:
        chat = ChatID(self._network.fold(line.param(0)))
        if not self._told.of(chat):
            return []  # a user's own modes, say
        changes = list(mode_changes(line.params[1:], self._session.features.modes))
        contents: list[Content] = [
            Membership(user, MemberState.JOIN, rank=self._own.channels.rank(chat, user))
            for user in self._ranked(chat, changes)
        ]
        moderated = [change.added for change in changes if change.mode == _MODERATED]
        if moderated:
            least = Rank.VOICE if moderated[-1] else Rank.MEMBER
            contents.append(ChatChange(ChatInfo(id=chat, may_speak=least)))
        actor = self._told.actor(line)
        pardoned = self._pardoned(chat, changes)
        contents += [Membership(user, MemberState.LEAVE) for user in pardoned if actor != user]
        return [self._told.event(line, Chat(chat), actor, content) for content in contents]

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

    def _pardoned(self, chat: ChatID, changes: list[ModeChange]) -> list[RemoteUserID]:
        """Whose ban was lifted; that somebody who is here is banned is told once they are out."""
        pardoned = []
        for change in changes:
            nick = nick_in(change.argument) if change.mode == BANNED else None
            if nick is None:
                continue
            user = self._network.user(nick)
            here = self._own.channels.modes(chat, user) is not None
            if here:
                self._own.channels.set_mode(chat, user, BANNED, added=change.added)
            elif not change.added:
                pardoned.append(user)
        return pardoned

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
