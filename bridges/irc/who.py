"""Who people on IRC are beside their nick: their account, address, real name, and if they are away.

IRCv3 account-tag, account-notify, extended-join, away-notify, chghost, setname, invite-notify and
userhost-in-names, and WHOX for who was there before us.
"""

from collections.abc import Callable

from bridgekit import (
    Chat,
    ChatID,
    Content,
    Message,
    MessageKind,
    RemoteEvent,
    RemoteUserID,
    Text,
    UserInfo,
)
from bridges.irc.masks import Source, taken_apart
from bridges.irc.naming import About
from bridges.irc.network import Network, OwnLogin
from bridges.irc.nicks import is_channel
from bridges.irc.session import Session
from bridges.irc.telling import Events, Telling
from bridges.irc.wire import Line, compose, printable

_OURS = "42"  # names a question by WHOX, so that others' answers are told apart
_FIELDS = f"%tcuhnfar,{_OURS}"
_ANSWER = 9  # parameters: us, 42, channel, user, host, nick, flags, account, real name
_SHORT = 8  # of WHO without X: us, channel, user, host, server, nick, flags, hops and real name
_NOBODY = ("*", "0", "")  # instead of an account
_TAGGED = ("PRIVMSG", "NOTICE")  # which say so even where no tag means no account
_MOST = 1000  # people who are away, as somebody was told


def question(chat: ChatID) -> str:
    """WHOX: https://ircv3.net/specs/extensions/whox."""
    return compose("WHO", chat, _FIELDS)


class Who:
    """For one connection. `read`: somebody reads what is said to this login in private."""

    def __init__(
        self, own: OwnLogin, session: Session, network: Network, told: Telling, *, read: bool
    ) -> None:
        self._own, self._session, self._network, self._told = own, session, network, told
        self._read = read
        self._away_told: dict[RemoteUserID, str] = {}
        self.by_command: dict[str, Callable[[Line], Events]] = {
            "301": self._away_answered,
            "INVITE": self._invited,
        }

    @property
    def _tags(self) -> bool:
        return "account-tag" in self._session.capabilities

    def seen(self, line: Line) -> None:
        """Learn what a line tells of people, once it has been taken for what it says."""
        if "batch" in line.tags:
            return  # of the past, maybe
        match line.command:
            case "353":
                for entry in line.param(-1).split():
                    self._named(self._session.features.source(entry))
            case "354" if len(line.params) == _ANSWER and line.param(1) == _OURS:
                self._listed(*line.params[3:])
            case "352" if len(line.params) == _SHORT:
                user, host, _, nick, flags, more = line.params[2:8]
                self._listed(user, host, nick, flags, None, more.partition(" ")[2])
            case _ if "!" in line.source:
                self._acted(line)

    def _named(self, source: Source) -> About | None:
        """The server says who somebody is; what it says of ourselves is what it relays."""
        if self._network.user(source.nick) == self._own.me and source.host:
            self._session.mask = f"{source.user}@{source.host}"
        return self._met(source)

    def _met(self, source: Source) -> About | None:
        """Where somebody is connected from."""
        about = self._own.channels.about(self._network.user(source.nick))
        if about is not None and source.host:
            about.user, about.host = source.user, source.host
        return about

    def _listed(
        self, user: str, host: str, nick: str, flags: str, account: str | None, realname: str
    ) -> None:
        about = self._named(Source(nick, user, host))
        if about is None:
            return
        about.away = flags.startswith("G")
        if account is not None:
            about.account = "" if account in _NOBODY else account
        about.realname = realname or about.realname
        self._renamed(nick)

    def _acted(self, line: Line) -> None:
        about = self._met(taken_apart(line.source))
        if about is None:
            return
        if self._tags and ("account" in line.tags or line.command in _TAGGED):
            about.account = line.tags.get("account", "")
        match line.command, line.params:
            case "JOIN", (_, account, realname) if "extended-join" in self._session.capabilities:
                about.account = "" if account in _NOBODY else account
                about.realname = realname
            case "ACCOUNT", (account,):
                about.account = "" if account in _NOBODY else account
            case "AWAY", reason:
                about.away = bool(reason and reason[0])
                self._away_told.pop(self._network.user(line.nick), None)
            case "CHGHOST", (user, host):
                about.user, about.host = user, host
            case "SETNAME", (realname,):
                about.realname = realname
            case _:
                return
        self._renamed(line.nick)

    def _renamed(self, nick: str) -> None:
        """Somebody may be shown under another name now."""
        user = self._network.user(nick)
        name = None if self._network.is_ours(user) else self._own.channels.news(user)
        if name is not None:
            self._network.shown.append(UserInfo(id=user, name=name))

    # What is told.

    def trusted(self, line: Line, user: RemoteUserID) -> Events:
        """A word in a private chat whose other side is signed in as somebody else than before."""
        if not self._tags or not self._read:
            return []
        account = line.tags.get("account", "")
        before = self._network.accounts[user]
        self._network.accounts[user] = account
        if not before or before == account:
            return []
        now = f"is signed in as {printable(account)}" if account else "is not signed in"
        text = f"{line.nick} {now} on IRC now, and was {printable(before)} before."
        return [self._word(user, f"{text} It may be somebody else.")]

    def _away_answered(self, line: Line) -> Events:
        """Whom we write to is away (RPL_AWAY); told once, until they have come back."""
        user, reason = self._network.user(line.param(1)), printable(line.param(2))
        if not self._read or self._away_told.get(user) == reason:
            return []
        self._away_told[user] = reason
        if len(self._away_told) > _MOST:
            del self._away_told[next(iter(self._away_told))]
        return [self._word(user, f"{printable(line.param(1))} is away: {reason or 'no reason'}.")]

    def _word(self, user: RemoteUserID, text: str) -> RemoteEvent[Content]:
        """Of the bridge's own, in a private chat."""
        word = Message((Text(text),), MessageKind.NOTICE)
        return RemoteEvent(Chat(ChatID(user), private=True), None, word)

    def _invited(self, line: Line) -> Events:
        """Somebody asks us into a channel, or, as its operators are told, somebody else."""
        user, where = self._network.user(line.nick), line.param(1)
        if not line.nick or not is_channel(where) or self._network.is_ours(user):
            return []
        if self._network.user(line.param(0)) == self._own.me:
            words = f"invites you to {printable(where)}. To go there: join {printable(where)}"
            chat = Chat(ChatID(user), private=True)
            return [self._invitation(line, chat, words)] if self._read else []
        chat = Chat(ChatID(self._network.fold(where)))
        words = f"invites {printable(line.param(0))} to this channel"
        return [self._invitation(line, chat, words)] if self._told.of(chat.id) else []

    def _invitation(self, line: Line, chat: Chat, words: str) -> RemoteEvent[Content]:
        user = self._network.user(line.nick)
        return self._told.event(line, chat, user, Message((Text(words),), MessageKind.EMOTE))
