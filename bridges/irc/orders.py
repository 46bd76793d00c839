"""The commands of IRC's own, for people on Matrix who want more than a room has.

What changes anything is done under a person's own nick; whoever has none yet may only look.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from bridgekit import (
    Chat,
    ChatID,
    ChatInfo,
    Host,
    Login,
    Member,
    Message,
    MessageKind,
    Rejected,
    RemoteEvent,
    Text,
)
from bridges.irc.acquaintance import Acquaintance
from bridges.irc.acts import Act, chat_acts
from bridges.irc.answering import told
from bridges.irc.channels import Channels
from bridges.irc.commands import COMMANDS
from bridges.irc.config import Flood
from bridges.irc.modes import mask_of, rank_of
from bridges.irc.naming import About
from bridges.irc.network import Network
from bridges.irc.nicks import is_channel, is_nick
from bridges.irc.own_nick import OwnNick
from bridges.irc.questions import Question, Questions
from bridges.irc.reclaim import Reclaim
from bridges.irc.session import Session
from bridges.irc.split import Frame, budget
from bridges.irc.wire import printable, single
from bridges.irc.wishes import OWN, Wishes

_NAMES = frozenset({"353"})
_LOOKING = frozenset({"whois", "names", "list", "status", "raw", "features", "lines", "limits"})
_RANKS = {"op": "+o", "deop": "-o", "voice": "+v", "devoice": "-v"}
_WHOIS = frozenset(
    {
        *("301", "307", "311", "312", "313", "317", "319", "320"),
        *("330", "335", "338", "378", "379", "401", "671", "672"),
    }
)


@dataclass(slots=True)
class Orders:
    """For one connection. `act` sends an act and waits for what becomes of it.

    `check` raises `Rejected` where its person may be in no further channel.
    """

    login: Login
    session: Session
    network: Network
    host: Host
    flood: Flood
    channels: Channels
    questions: Questions
    reclaim: Reclaim
    acquaintance: Acquaintance
    act: Callable[[Act], Awaitable[None]]
    check: Callable[[ChatID], None]
    own_nick: OwnNick = field(init=False)

    def __post_init__(self) -> None:
        here = (self.login, self.session, self.host, self.reclaim)
        self.own_nick = OwnNick(*here, self._perform)

    @property
    def _person(self) -> bool:
        """Whether it is somebody's own, and not the bot's."""
        return self.login.person is not None

    @property
    def _wishes(self) -> Wishes:
        return Wishes(self.login, self.session, self.network, self.host)

    async def run(self, name: str, words: Sequence[str], chat: Chat | None) -> str:
        """Do it; returns the answer. Raises `Rejected` or `RetryLater`, with a sentence."""
        if not self._person and name not in _LOOKING:
            raise Rejected("You have no nick on IRC yet: say something in a channel first.")
        if question := _question(name, words):
            return told(await self.questions.ask(question))
        return self._at_once(name, words) or await self._waited(name, words, chat)

    async def _waited(self, name: str, words: Sequence[str], chat: Chat | None) -> str:
        match name, tuple(words):
            case own, _ if own in OWN:
                return await self._wishes.run(name, words)
            case "nick", (nick,) if is_nick(nick):
                return f"You are {await self.own_nick.choose(nick)} on IRC now."
            case "query", (nick, *text) if is_nick(nick):
                return await self._query(nick, " ".join(text))
            case "away", reason:
                return await self._away(" ".join(reason))
            case "msg", (target, _, *_) if is_nick(target) or is_channel(target):
                return await self._say(target, " ".join(words[1:]))
        return await self._in_channel(name, words, chat)

    def _at_once(self, name: str, words: Sequence[str]) -> str:
        """The answer to what nothing need be waited for; "": it is something else."""
        match name, tuple(words):
            case "status", ():
                return self._status()
            case "limits", ():
                return self.network.limits()
            case "reconnect", ():
                return self._written("QUIT :reconnecting")
            case "raw", (_, *_):
                return self._written(" ".join(words))
        return ""

    def _written(self, line: str) -> str:
        self.session.connection.write(single(line, self.session.features.line_length))
        return "Sent."

    async def _say(self, target: str, text: str) -> str:
        length = self.session.features.line_length
        room = budget(Frame("PRIVMSG"), self.session.source, target, length)
        if (size := len(text.encode(errors="replace"))) > room:
            raise Rejected(f"A line to {target} may have {room} bytes; this one has {size}.")
        await self._perform(Act("PRIVMSG", (target, text), f"take the line to {target}"))
        return f"Said to {target}."

    async def _query(self, nick: str, text: str) -> str:
        """Whatever is said in a private chat opens it: here, that it is there."""
        chat = Chat(ChatID(self.network.user(nick)), private=True)
        here = Message((Text(f"This is a private chat with {nick} on IRC."),), MessageKind.NOTICE)
        await self.host.receive(self.login.id, RemoteEvent(chat, None, here))
        return await self._say(nick, text) if text else f"You are invited to talk with {nick}."

    async def _in_channel(self, name: str, words: Sequence[str], chat: Chat | None) -> str:
        if words and is_channel(words[0]):
            where, words = ChatID(words[0]), words[1:]
        elif chat is not None and not chat.private:
            where = chat.id
        else:
            raise Rejected(_usage(name))
        if question := _question_about(where, name, words):
            return told(await self.questions.ask(question), self._known)
        if name == "lines":
            return await self._wishes.lines(where, words)
        if name == "join":
            self.check(ChatID(self.network.fold(where)))
        for act in await self._acts(where, name, words):
            await self._perform(act)
        return "Done."

    async def _acts(self, where: ChatID, name: str, words: Sequence[str]) -> Sequence[Act]:
        if name == "topic":
            info = ChatInfo(topic=" ".join(words))
            return chat_acts(where, info, self.session.features)
        return [_act(where, name, some) for some in await self._by_mask(where, name, words)]

    async def _by_mask(
        self, where: ChatID, name: str, words: Sequence[str]
    ) -> Sequence[Sequence[str]]:
        """A nick that is to be banned, or no longer, as what is known of who has it."""
        where = ChatID(self.network.fold(where))
        match name, tuple(words):
            case "ban", (nick,) if is_nick(nick):
                return [[await self.acquaintance.mask(where, self.network.user(nick))]]
            case "unban", (nick,) if is_nick(nick):
                masks = self.network.bans.masks(where, self.network.user(nick))
                return [[mask] for mask in masks] or [words]
        return [words]

    def _known(self, nick: str) -> About | None:
        return self.network.about(self.network.user(nick))

    async def members(self, chat: ChatID) -> tuple[Member, ...]:
        """Who is there, as far as the server tells who asks."""
        if not is_channel(chat):  # it names nobody, whom it knows or not
            user = self.network.user(chat)
            return (Member(user, self.network.name(user)),)
        lines = await self.questions.ask(Question(("NAMES", chat), _NAMES, "366"))
        entries = [
            entry for line in lines if line.command in _NAMES for entry in line.param(-1).split()
        ]
        marked = map(self.session.features.marked, entries)
        return tuple(
            Member(self.network.user(nick), nick, rank_of(modes)) for nick, modes in marked if nick
        )

    async def _perform(self, act: Act) -> None:
        await self.host.pace(self.login.id, rate=self.flood.rate, burst=self.flood.burst)
        await self.act(act)

    async def _away(self, reason: str) -> str:
        await self._perform(Act("AWAY", (reason,) if reason else (), "say that you are away"))
        return "IRC knows that you are away." if reason else "IRC knows that you are back."

    def _status(self) -> str:
        where = ", ".join(self.channels.names) or "no channel"
        whose = "You are" if self._person else "The bridge speaks for you, as"
        network = self.session.features.network or "IRC"
        return f"{whose} {self.session.nick} on {network}, in {where}."


def _usage(name: str) -> str:
    usage = next(command.arguments for command in COMMANDS if command.name == name)
    return f"Write: {name} {usage}".strip()


def _question(name: str, words: Sequence[str]) -> Question | None:
    """What only looks, and is about no channel."""
    match name, tuple(words):
        case "whois", (nick,) if is_nick(nick):
            return Question(("WHOIS", nick), _WHOIS, "318")
        case "list", (pattern,):
            return Question(("LIST", pattern), frozenset({"322"}), "323")
    return None


def _question_about(where: ChatID, name: str, words: Sequence[str]) -> Question | None:
    """What only looks at a channel."""
    match name, tuple(words):
        case "names", ():
            return Question(("NAMES", where), _NAMES, "366")
        case "mode", ():
            return Question(("MODE", where), frozenset({"324"}), "324")
        case "topic", ():
            return Question(("TOPIC", where), frozenset({"331", "332"}), "332", "331")
    return None


def _in_one(words: Sequence[str]) -> tuple[str, ...]:
    """Several words as one parameter, if there are any."""
    return (" ".join(words),) if words else ()


def _act(where: ChatID, name: str, words: Sequence[str]) -> Act:
    """What changes something about a channel; `Rejected` where it is not written so."""
    act = _coming(where, name, words) or _mode(where, name, words)
    if act is None:
        raise Rejected(_usage(name))
    return act


def _coming(where: ChatID, name: str, words: Sequence[str]) -> Act | None:
    """What brings somebody in, or out."""
    match name, tuple(words):
        case "join", (() | (_,)) as key:
            return Act("JOIN", (where, *key), f"let you into {where}")
        case (("part" | "leave"), reason):
            return Act("PART", (where, *_in_one(reason)), f"let you out of {where}")
        case "kick", (nick, *reason) if is_nick(nick):
            return Act("KICK", (where, nick, *_in_one(reason)), f"put {nick} out of {where}")
        case "invite", (nick,) if is_nick(nick):
            return Act("INVITE", (nick, where), f"invite {nick} to {where}")
    return None


def _mode(where: ChatID, name: str, words: Sequence[str]) -> Act | None:
    match name, tuple(words):
        case "mode", (_, *_):
            return Act("MODE", (where, *words), f"change the modes of {where}")
        case (("op" | "deop" | "voice" | "devoice"), (nick,)) if is_nick(nick):
            return Act("MODE", (where, _RANKS[name], nick), f"change what {nick} may do in {where}")
        case (("ban" | "unban"), (whom,)):
            mask = mask_of(whom) if is_nick(whom) else whom
            sign = "+b" if name == "ban" else "-b"
            return Act("MODE", (where, sign, mask), f"{name} {printable(whom)} in {where}")
    return None
