"""What an author gives the contract: the far side of their adapter, with a handful of verbs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bridgekit.adapter_supports import LoginFlow
from bridgekit.events import Content, Message
from bridgekit.ids import MessageID, RemoteUserID


@dataclass(frozen=True, slots=True)
class Heard:
    """What the bridge did on the network, as people there got it; `id` is the network's own.

    `who` is under which name they got it, where the network shows one.
    """

    content: Content
    id: MessageID | None = None
    who: str | None = None


class FakeNetwork(ABC):
    """One far side, with one chat in it. `say` and `heard` are all that it must have.

    The rest is what some networks have, and what can go wrong. Leave out the verbs for what cannot
    happen on yours, or what your fake cannot do: the scenarios that need one are skipped, and the
    report names it.
    """

    chat: str = "#room"
    """How an operator writes the chat that the contract bridges, as in `links`."""
    kinds: ClassVar[frozenset[type[Content]]] = frozenset({Message})
    """What `say` takes: what people on this network can do.

    `Unsupported` is something that the adapter does not know, and whose line is exactly its `text`.
    """
    files: ClassVar[bool] = False
    """`say` takes messages with files, each of whose `source` is its content itself, as text."""
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
    emoji: ClassVar[str] = ""
    """The name of a custom emoji that people react with, without colons; "": there are none."""
    nobody: ClassVar[str] = ""
    """A name that nobody can be found by (`SupportsContacts`); "": somebody is, by any."""
    patience: float = 120.0
    """Seconds of the bridge's clock after which what was not seen or heard counts as lost."""

    @property
    @abstractmethod
    def settings(self) -> Any:
        """The adapter's configuration, an instance of `Manifest.config`, which leads to here."""

    @abstractmethod
    async def say(self, who: str, content: Content) -> MessageID | None:
        """`who` does this in the chat; returns its ID on the network, if it has one.

        Returns at once: that the bridge is away, or has not acknowledged, is no reason to wait.
        The same name is the same person every time, and nobody whom the bridge speaks for; also
        where a content names somebody (`Membership.user`).
        """

    @abstractmethod
    def heard(self) -> Sequence[Heard]:
        """All that the bridge did in the chat, in order, since the network exists.

        A repetition that the network itself recognised (`Limits.idempotent`) is not in it twice.
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
        """A person who signs in (`SupportsLogin`): answers and scans whatever the adapter wants."""
        raise NotImplementedError

    async def rename(self, who: str, name: str) -> None:
        """`who` has another name from here on; they stay the same person, whom `say` knows."""
        raise NotImplementedError

    async def move(self, *, told: bool) -> None:
        """The chat goes by another ID from here on, and `say` and `heard` are about that one.

        `told`: the bridge hears of it at once (`Moved`). Else `Client.send` is to raise
        `ChatMoved` with the next message, and nobody says anything before.
        """
        raise NotImplementedError

    # What can go wrong. Each is told to do it once, but for `refuse`.

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

        `Client.send` is to raise `Rejected`, and so are `edit`, `delete` and `react`.
        """
        raise NotImplementedError

    async def delay(self, seconds: float) -> None:
        """The next message is not taken yet: "again in so many seconds", as the network says it.

        `Client.send` is to raise `RetryLater` with that time.
        """
        raise NotImplementedError

    async def lose(self, *, taken: bool) -> None:
        """The connection breaks while the next message is sent: once it is taken, or before."""
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

    def has(self, verb: str) -> bool:
        """Whether this network has the verb: whether its class says more than this one."""
        return getattr(type(self), verb) is not getattr(FakeNetwork, verb)
