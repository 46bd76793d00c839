"""What is told to the core, by which of our connections, and in which envelope."""

from bridgekit import (
    Chat,
    ChatID,
    Content,
    Host,
    Membership,
    MemberState,
    Message,
    MessageID,
    RemoteEvent,
    RemoteUserID,
    Role,
    UserInfo,
)
from bridges.irc.envelopes import moment
from bridges.irc.network import Network, OwnLogin
from bridges.irc.session import Session
from bridges.irc.wire import Line, compose, printable

Events = list[RemoteEvent[Content]]


class Telling:
    """For one connection."""

    def __init__(self, own: OwnLogin, session: Session, network: Network, host: Host) -> None:
        self._own, self._session, self._network, self._host = own, session, network, host

    def by_us(self, chat: ChatID) -> bool:
        """Whether it is this login that tells of `chat`."""
        return self._host.role(self._own.login_id, chat) is Role.LISTEN

    def of(self, chat: ChatID) -> bool:
        """Whether to tell what happens in `chat`; a login that only now listens asks for names."""
        if chat not in self._own.channels or not self.by_us(chat):
            return False
        if not self._own.channels.follows(chat):
            self._own.channels.follow(chat)
            self._session.connection.write(compose("NAMES", chat))
        return True

    def actor(self, line: Line) -> RemoteUserID | None:
        """Who did it; None for a server."""
        return self._network.user(line.nick) if line.nick else None

    def member(
        self, line: Line, chat: ChatID, user: RemoteUserID, state: MemberState, reason: str = ""
    ) -> RemoteEvent[Content]:
        return self.event(line, Chat(chat), user, Membership(user, state, printable(reason)))

    def event(
        self,
        line: Line,
        chat: Chat,
        user: RemoteUserID | None,
        content: Content,
        nick: str | None = None,
    ) -> RemoteEvent[Content]:
        name = line.tags.get("msgid") if isinstance(content, Message) else None
        shown = self._own.channels.shown(user, nick or line.nick) if user else None
        people = (UserInfo(id=user, name=shown),) if shown else ()
        identity = MessageID(name) if name else None
        return RemoteEvent(chat, user, content, id=identity, at=moment(line), people=people)
