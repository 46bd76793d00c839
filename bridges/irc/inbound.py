"""IRC lines to events: who said what, who came and who went, as one connection sees it.

In a channel only the login that listens tells of anything; in private each tells of its own.
"""

from collections.abc import Callable

from bridgekit import (
    Chat,
    ChatChange,
    ChatID,
    ChatInfo,
    Content,
    Host,
    Membership,
    MemberState,
    Message,
    MessageID,
    MessageKind,
    Rank,
    RemoteEvent,
    RemoteUserID,
    Role,
    UserInfo,
    plain,
)
from bridges.irc.answers import Answers
from bridges.irc.envelopes import check, moment
from bridges.irc.formatting import from_irc
from bridges.irc.modes import mode_changes
from bridges.irc.network import Network, OwnLogin
from bridges.irc.session import Session
from bridges.irc.wire import Line, compose, printable

Events = list[RemoteEvent[Content]]
_NEEDED = {"PRIVMSG": 2, "NOTICE": 2, "JOIN": 1, "PART": 1, "KICK": 2, "NICK": 1, "QUIT": 0}


class Inbound:
    """Follows one connection, and answers for it where IRC expects an answer.

    `read`: somebody reads what is said to this login in private.
    """

    def __init__(
        self,
        own: OwnLogin,
        session: Session,
        network: Network,
        host: Host,
        answers: Answers,
        *,
        read: bool,
    ) -> None:
        self._own = own
        self._session = session
        self._network = network
        self._host = host
        self._answers = answers
        self._read = read
        self._history: set[str] = set()
        self._handlers: dict[str, Callable[[Line], Events]] = {
            "PRIVMSG": self._said,
            "NOTICE": self._said,
            "JOIN": self._came,
            "PART": self._went,
            "KICK": self._kicked,
            "QUIT": self._quit,
            "NICK": self._renamed,
            "MODE": self._moded,
            "TOPIC": self._about,
            "332": self._topic_told,
            "353": self._listed,
            "366": self._list_complete,
            "BATCH": self._batch,
        }

    def events(self, line: Line) -> Events:
        """What `line` tells; raises `MalformedLineError` where it lacks what it needs."""
        needed = _NEEDED.get(line.command)
        if needed is not None:
            check(line, needed)
        if line.tags.get("batch") in self._history:
            return []  # said before we came: a server may replay it to whoever joins
        handle = self._handlers.get(line.command)
        return handle(line) if handle else []

    # What is said.

    def _said(self, line: Line) -> Events:
        user = self._network.user(line.nick)
        if not line.nick or user == self._own.me:
            return []  # the server's own notices; the echo of what we said
        target = self._network.fold(line.param(0))
        if target == self._own.me:
            return self._said_to_us(line, user)
        chat = ChatID(target)
        if not self._listens(chat) or self._network.was_ours(user):
            return []
        return self._message(line, Chat(chat), user)

    def _said_to_us(self, line: Line, user: RemoteUserID) -> Events:
        if not self._read and not line.param(1).startswith("\x01"):
            if line.command == "PRIVMSG":
                self._session.connection.write(*self._answers.to_nobody(line.nick))
            return []
        events = self._message(line, Chat(ChatID(user), private=True), user)
        return events if self._read else []

    def _message(self, line: Line, chat: Chat, user: RemoteUserID) -> Events:
        text = line.param(1)
        kind = MessageKind.NOTICE if line.command == "NOTICE" else MessageKind.TEXT
        if text.startswith("\x01"):
            verb, _, text = text.strip("\x01").partition(" ")
            if verb.upper() != "ACTION":
                self._asked(line)
                return []
            kind = MessageKind.EMOTE
        nodes = from_irc(text)
        # Codes without a text show nothing on IRC either.
        return [self._event(line, chat, user, Message(nodes, kind))] if nodes else []

    def _asked(self, line: Line) -> None:
        if line.command == "PRIVMSG":
            request = line.param(1).strip("\x01")
            self._session.connection.write(*self._answers.to_ctcp(line.nick, request))

    # Who comes and goes.

    def _came(self, line: Line) -> Events:
        chat, user = ChatID(self._network.fold(line.param(0))), self._network.user(line.nick)
        if user == self._own.me:
            self._session.mask = line.mask or self._session.mask
            self._own.channels.entered(chat, line.param(0))
            if self._is_listener(chat):
                self._own.channels.follow(chat)  # the list follows unasked
            return []
        self._network.taken_by_other(user)
        if not self._listens(chat):
            return []
        self._own.channels.add(chat, user, line.nick)
        return [self._member(line, chat, user, MemberState.JOIN)]

    def _went(self, line: Line) -> Events:
        chat, user = ChatID(self._network.fold(line.param(0))), self._network.user(line.nick)
        if user == self._own.me:
            self._own.channels.left(chat)
            return []
        if not self._listens(chat):
            return []
        self._own.channels.remove(chat, user)
        return [self._member(line, chat, user, MemberState.LEAVE, line.param(1))]

    def _kicked(self, line: Line) -> Events:
        chat, user = ChatID(self._network.fold(line.param(0))), self._network.user(line.param(1))
        told = self._listens(chat)
        if user == self._own.me:
            self._own.channels.left(chat)
        elif told:
            self._own.channels.remove(chat, user)
        if not told:
            return []
        content = Membership(user, MemberState.KICK, printable(line.param(2)))
        kicker = self._network.user(line.nick) if line.nick else None
        return [self._event(line, Chat(chat), kicker, content)]

    def _quit(self, line: Line) -> Events:
        user = self._network.user(line.nick)
        return [
            self._member(line, chat, user, MemberState.LEAVE, line.param(0))
            for chat in self._own.channels.quit(user)
            if self._is_listener(chat)
        ]

    def _renamed(self, line: Line) -> Events:
        old, nick = self._network.user(line.nick), line.param(0)
        new = self._network.user(nick)
        chats = self._own.channels.rename(old, new, nick)
        if self._network.renamed(old, nick, self._own) or old == new:
            return []
        events: Events = []
        for chat in filter(self._is_listener, chats):
            reason = f"is now known as {nick}"
            events.append(self._member(line, chat, old, MemberState.LEAVE, reason))
            rank = self._own.channels.rank(chat, new)
            kept = None if rank is Rank.MEMBER else rank
            came = Membership(new, MemberState.JOIN, rank=kept)
            events.append(self._event(line, Chat(chat), new, came, nick))
        return events

    # Who may do what, and what it is about.

    def _moded(self, line: Line) -> Events:
        chat = ChatID(self._network.fold(line.param(0)))
        if not self._listens(chat):
            return []  # a user's own modes, say
        changes = list(mode_changes(line.params[1:], self._session.features.modes))
        actor = self._network.user(line.nick) if line.nick else None
        told: dict[RemoteUserID, None] = {}
        for change in changes:
            user = self._network.user(change.argument)
            if change.mode in self._session.features.modes.people and self._own.channels.set_mode(
                chat, user, change.mode, added=change.added
            ):
                told[user] = None
        channels = self._own.channels
        contents: list[Content] = [
            Membership(user, MemberState.JOIN, rank=channels.rank(chat, user)) for user in told
        ]
        moderated = [change.added for change in changes if change.mode == "m"]
        if moderated:
            least = Rank.VOICE if moderated[-1] else Rank.MEMBER
            contents.append(ChatChange(ChatInfo(id=chat, may_speak=least)))
        return [self._event(line, Chat(chat), actor, content) for content in contents]

    def _about(self, line: Line) -> Events:
        actor = self._network.user(line.nick) if line.nick else None
        return self._topic(line, line.param(0), line.param(1), actor)

    def _topic_told(self, line: Line) -> Events:
        return self._topic(line, line.param(1), line.param(2), None)

    def _topic(self, line: Line, name: str, text: str, actor: RemoteUserID | None) -> Events:
        chat = ChatID(self._network.fold(name))
        topic = plain(from_irc(text))
        # Told on every JOIN: what it was before is no news.
        if not self._listens(chat) or not self._own.channels.has_topic(chat, topic):
            return []
        return [self._event(line, Chat(chat), actor, ChatChange(ChatInfo(id=chat, topic=topic)))]

    # Who is there.

    def _listed(self, line: Line) -> Events:
        chat = ChatID(self._network.fold(line.param(-2)))
        entries = line.param(-1).split() if self._own.channels.follows(chat) else []
        for entry in entries:
            nick, modes = self._session.features.marked(entry)
            if nick:
                self._own.channels.add(chat, self._network.user(nick), nick, modes)
        return []

    def _list_complete(self, line: Line) -> Events:
        chat = ChatID(self._network.fold(line.param(1)))
        if not self._own.channels.follows(chat) or not self._listens(chat):
            return []
        self._own.channels.complete(chat)
        members = self._own.channels.members(chat)
        others = tuple(member for member in members if member.user != self._own.me)
        info = ChatInfo(id=chat, name=self._own.channels.name(chat), members=others)
        return [self._event(line, Chat(chat), None, ChatChange(info))]

    def _is_listener(self, chat: ChatID) -> bool:
        return self._host.role(self._own.login_id, chat) is Role.LISTEN

    def _listens(self, chat: ChatID) -> bool:
        """Whether to tell what happens in `chat`; a login that only now listens asks for names."""
        if chat not in self._own.channels or not self._is_listener(chat):
            return False
        if not self._own.channels.follows(chat):
            self._own.channels.follow(chat)
            self._session.connection.write(compose("NAMES", chat))
        return True

    # Envelopes.

    def _member(
        self, line: Line, chat: ChatID, user: RemoteUserID, state: MemberState, reason: str = ""
    ) -> RemoteEvent[Content]:
        return self._event(line, Chat(chat), user, Membership(user, state, printable(reason)))

    def _event(
        self,
        line: Line,
        chat: Chat,
        user: RemoteUserID | None,
        content: Content,
        nick: str | None = None,
    ) -> RemoteEvent[Content]:
        name = line.tags.get("msgid") if isinstance(content, Message) else None
        people = (UserInfo(id=user, name=nick or line.nick),) if user else ()
        identity = MessageID(name) if name else None
        return RemoteEvent(chat, user, content, id=identity, at=moment(line), people=people)

    def _batch(self, line: Line) -> Events:
        reference = line.param(0)[1:]
        nested = line.tags.get("batch") in self._history
        if line.param(0).startswith("-"):
            self._history.discard(reference)
        elif nested or line.param(1) == "chathistory":
            self._history.add(reference)
        return []
