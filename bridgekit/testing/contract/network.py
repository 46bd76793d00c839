"""What an author gives the contract: the far side of their adapter, with a handful of verbs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

from bridgekit.adapter import Field
from bridgekit.adapter_supports import LoginFlow
from bridgekit.events import Content, MemberState, Message, Pin, Typing
from bridgekit.ids import MessageID, RemoteUserID


@dataclass(frozen=True, slots=True)
class Heard:
    """What the bridge did on the network, as people there got it; `id` is the network's own.

    `who` is under which name they got it, where the network shows one.
    """

    content: Content
    id: MessageID | None = None
    who: str | None = None


class OtherChat(Protocol):
    """Another chat of a network: `chat`, `say` and `heard` as of a `FakeNetwork`, about this one.

    A copy of the fake with another `chat` often does.
    """

    chat: str

    async def say(self, who: str, content: Content) -> MessageID | None: ...

    def heard(self) -> Sequence[Heard]: ...


class FakeNetwork(ABC):
    """One far side, with a chat in it. `settings`, `say` and `heard` are all that it must have.

    The rest is what some networks have, and what can go wrong. Leave out the verbs for what cannot
    happen on yours, or what your fake cannot do: the scenarios that need one are skipped, and the
    report names it.

    It is as strict as the network: what is longer than a declared `Limits.text` it refuses, as the
    network counts, for nothing else shows that the adapter keeps to it.
    """

    chat: str = "#room"
    """How an operator writes the chat that the contract bridges, as in `links`."""
    kinds: ClassVar[frozenset[type[Content]]] = frozenset({Message})
    """What `say` takes: what people on this network can do.

    `Unsupported` is something that the adapter does not know, and whose line is exactly its `text`.
    """
    moves: ClassVar[frozenset[MemberState]] = frozenset({MemberState.JOIN, MemberState.LEAVE})
    """What `say` takes of `Membership`. Who does it may do it; a LEAVE also ends a BAN."""
    ends: ClassVar[frozenset[type[Content]]] = frozenset({Pin, Typing})
    """Of these people see, and are seen, when it ends (`Pin.removed`, `Typing.active`).

    Without `Pin`, nobody on Matrix hears of the end; without `Typing`, it ends by itself.
    """
    files: ClassVar[bool] = False
    """`say` takes messages with files, each of whose `source` is its content itself, as text.

    So does `heard` have them.
    """
    replies: ClassVar[bool] = False
    """`say` takes messages that reply (`Message.reply_to`)."""
    threads: ClassVar[bool] = False
    """`say` takes messages in threads (`Message.thread`)."""
    keeps: ClassVar[bool] = True
    """What was not acknowledged is told again, also after an outage: nothing is lost there.

    It is as the network is; what the client says of itself (`Client.resumes`) is held against it.
    """
    rejects: ClassVar[frozenset[type[Content]]] = frozenset({Message})
    """What `reject` is about: of these kinds, it refuses whatever comes next."""
    loses: ClassVar[frozenset[type[Content]]] = frozenset({Message})
    """What `lose` is about: with whatever comes next of these kinds the connection breaks."""
    delays: ClassVar[frozenset[type[Content]]] = frozenset({Message})
    """What `delay` is about: of these kinds, whatever comes next is not taken yet."""
    emoji: ClassVar[str] = ""
    """The name of a custom emoji that people react with, without colons; "": there are none."""
    nobody: ClassVar[str] = ""
    """A name that nobody can be found by (`SupportsContacts`); "": somebody is, by any."""
    direct: ClassVar[bool] = False
    """The chat is with one person, Bob: nobody else can say anything in it."""
    patience: float = 120.0
    """Seconds of the bridge's clock after which what was not seen or heard counts as lost."""
    commands: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """What may be typed of the adapter's own commands (`"weather tomorrow"`, of
    `SupportsCommands`), each with words that its answer has.
    """

    _witness: Callable[[str], object] | None = None

    @property
    @abstractmethod
    def settings(self) -> Any:
        """The adapter's configuration, an instance of `Manifest.config`, which leads to here.

        Let its secrets be no words: they are looked for in errors and in the log.
        """

    @abstractmethod
    async def say(self, who: str, content: Content) -> MessageID | None:
        """`who` does this in the chat; returns its ID on the network, if it has one.

        Returns at once: that the bridge is away, or has not acknowledged, is no reason to wait.
        Whoever speaks, or leaves, is there: nobody has joined before with a `Membership`.
        The same name is the same person every time, and nobody whom the bridge speaks for; also
        where a content names somebody (`Membership.user`). Put out may be one whom the bridge
        speaks for, too: they go by `Client.me`.
        """

    @abstractmethod
    def heard(self) -> Sequence[Heard]:
        """All that the bridge did in the chat, in order, since the network exists.

        A repetition that the network itself recognised (`Limits.idempotent`) is not in it twice.
        People go by the names that `say` has for them (`Membership.user`).
        """

    # What not every network has.

    async def whisper(self, who: str, to: RemoteUserID, content: Content) -> MessageID | None:
        """As `say`, in private: to the login that goes by `to` there, which is a person's own.

        A private word to the bridge's own login (`SupportsOwnLogins`) nobody reads: it is dropped.
        """
        raise NotImplementedError

    def whispered(self, who: str) -> Sequence[Heard]:
        """As `heard`: what the bridge did in private chats with `who`. Goes with `whisper`."""
        raise NotImplementedError

    def signing_in(self) -> LoginFlow:
        """A person who signs in (`SupportsLogin`): answers and scans whatever the adapter wants.

        Bob and whoever else `say` knows are other people. `redirect` opens the page, and returns
        the query with which the network sends the person back.
        """
        raise NotImplementedError

    async def setting_up(self, *fields: Field) -> Mapping[str, str]:
        """What an operator answers who sets this up (`SupportsSetup`), and has done all right."""
        raise NotImplementedError

    async def reconfigure(self) -> Any:
        """What leads here changes (a token is renewed, say); returns the `settings` from here on.

        With those of before nothing can be said any more. For `SupportsReload`.
        """
        raise NotImplementedError

    async def rename(self, who: str, name: str) -> None:
        """`who` has another name from here on; they stay the same person, whom `say` knows."""
        raise NotImplementedError

    async def another_chat(self) -> OtherChat:
        """A second chat that the same settings lead to."""
        raise NotImplementedError

    async def move(self, *, told: bool) -> None:
        """The chat goes by another ID from here on, and `say` and `heard` are about that one.

        `told`: the bridge hears of it at once (`Moved`). Else `Client.send` is to raise
        `ChatMoved` with the next message, and nobody says anything before.
        """
        raise NotImplementedError

    # What can go wrong. Each is told to do it once, but for `refuse`.

    async def stall(self) -> None:
        """Every connection falls silent, and none breaks: what was said on it is never answered.

        New ones are taken and answered. `Client.run` must notice, and return or raise.
        """
        raise NotImplementedError

    async def drop(self) -> None:
        """Every connection breaks; new ones are accepted.

        `Client.run` must notice. Over HTTP a broken request may be made again by the library (a GET
        by aiohttp, for one), unnoticed: answer it with an error, 503 for example.
        """
        raise NotImplementedError

    async def refuse(self) -> None:
        """From here on every sign-in is refused: `Adapter.connect` is to raise `LoginError`."""
        raise NotImplementedError

    async def reject(self) -> None:
        """What comes next, of the kinds in `rejects`, is refused for good.

        `Client.send` is to raise `Rejected`, and so is `edit`, `pin`, `set_member` and so on.
        """
        raise NotImplementedError

    async def delay(self, seconds: float) -> None:
        """What comes next, of the kinds in `delays`, is not taken yet: "again in so many seconds".

        `Client.send`, and `edit`, `pin` and so on, are to raise `RetryLater` with that time.
        """
        raise NotImplementedError

    async def lose(self, *, taken: bool) -> None:
        """The connection breaks with what comes next, of the kinds in `loses`.

        `taken`: once the network has it; else before. Whatever that raises in `Client.send`,
        `edit` and so on is to be passed on. Of a DELETE or PUT over HTTP, see `drop`.
        """
        raise NotImplementedError

    async def repeat(self) -> None:
        """What was told to the bridge last is told once more, as if not acknowledged."""
        raise NotImplementedError

    async def swap(self) -> None:
        """The next two things that people do are told to the bridge in the wrong order."""
        raise NotImplementedError

    async def garble(self) -> None:
        """The network says something in the chat that nobody can understand, half a record, say.

        The adapter is to call `Host.set_aside` with it, and to acknowledge it as anything else.
        """
        raise NotImplementedError

    async def miss(self) -> None:
        """What people do up to the next `drop` is never told: it is in the past of the chat."""
        raise NotImplementedError

    # What your fake may tell.

    def acknowledged(self, what: str) -> None:
        """Call this when the bridge acknowledges something: the story of a failure then says so."""
        if self._witness is not None:
            self._witness(f"the bridge acknowledges: {what}")

    def watched_by(self, witness: Callable[[str], object]) -> None:
        """Whoever tells the story wants to know."""
        self._witness = witness

    def has(self, verb: str) -> bool:
        """Whether this network has the verb: whether its class says more than this one."""
        return getattr(type(self), verb) is not getattr(FakeNetwork, verb)
