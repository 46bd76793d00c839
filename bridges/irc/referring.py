"""What people on IRC do with messages that have IDs: reactions, typing, deletions."""

from bridgekit import Chat, ChatID, Deletion, MessageID, RemoteUserID
from bridges.irc.network import Network, OwnLogin
from bridges.irc.tagged import told_by
from bridges.irc.telling import Events, Telling
from bridges.irc.wire import Line


class Referring:
    """For one connection. `read`: somebody reads what is sent to this login alone."""

    def __init__(self, own: OwnLogin, network: Network, told: Telling, *, read: bool) -> None:
        self._own, self._network, self._told, self._read = own, network, told, read

    def tagged(self, line: Line) -> Events:
        content, about = told_by(line), self._about(line)
        if content is None or about is None:
            return []
        return [self._told.event(line, *about, content)]

    def redacted(self, line: Line) -> Events:
        about = self._about(line)
        if about is None or not line.param(1):
            return []
        return [self._told.event(line, *about, Deletion(MessageID(line.param(1))))]

    def _about(self, line: Line) -> tuple[Chat, RemoteUserID] | None:
        """The chat and the person that a line is about; None: it is not for us."""
        user, target = self._network.user(line.nick), self._network.fold(line.param(0))
        if not line.nick or self._network.is_ours(user):
            return None
        if target == self._own.me:
            return (Chat(ChatID(user), private=True), user) if self._read else None
        return (Chat(ChatID(target)), user) if self._told.of(ChatID(target)) else None
