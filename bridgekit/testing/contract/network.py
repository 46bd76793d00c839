"""What an author gives the contract: the far side of their adapter, with a handful of verbs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bridgekit.events import Content, Message
from bridgekit.ids import MessageID


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

    The rest is what can go wrong. Leave out the verbs for what cannot happen on your network, or
    what your fake cannot do: the scenarios that need one are skipped, and the report names it.
    """

    chat: str = "#room"
    """How an operator writes the chat that the contract bridges, as in `links`."""
    kinds: ClassVar[frozenset[type[Content]]] = frozenset({Message})
    """What `say` takes: what people on this network can do."""
    files: ClassVar[bool] = False
    """`say` takes messages with files, each of whose `source` is its content itself, as text."""
    keeps: ClassVar[bool] = True
    """What was not acknowledged is told again, also after an outage: nothing is lost there."""
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

    # What can go wrong. Each is told to do it once, but for `refuse`.

    async def drop(self) -> None:
        """Every connection breaks; new ones are accepted."""
        raise NotImplementedError

    async def refuse(self) -> None:
        """From here on every sign-in is refused: `Adapter.connect` is to raise `LoginError`."""
        raise NotImplementedError

    async def reject(self) -> None:
        """The next message is refused for good: `Client.send` is to raise `Rejected`."""
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

    def has(self, verb: str) -> bool:
        """Whether this network has the verb: whether its class says more than this one."""
        return getattr(type(self), verb) is not getattr(FakeNetwork, verb)
