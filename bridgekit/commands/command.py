"""A command: its name and words, what it takes and gives, who may give it where, and what it does.

One such record serves the chat, the HTTP API and `bridgekit do`. A new command is a file in
`verbs/`: arguments, answer, and a function that makes the record from the services it needs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from bridgekit.commands.caller import Caller
from bridgekit.commands.refusals import Mistyped
from bridgekit.ids import EventID, NetworkName, RoomID, UserID
from bridgekit.models import Portal
from bridgekit.permissions.rights import Right


class Arguments(BaseModel):
    """What a command takes. The fields are its words in this order, and its JSON; a description
    says what each is. A `SecretStr` is redacted in the chat and kept out of the audit log.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Answer(BaseModel):
    """What a command gives: a text for people and, in a subclass, the same as typed fields.

    In `text`, what stands in `backticks` is shown as it is to be typed. `qr` is to be drawn.
    """

    model_config = ConfigDict(frozen=True)

    text: str = Field(description="The answer, for people.")
    qr: str | None = Field(default=None, description="What is to be drawn as a QR code.")


class Preview(Answer):
    """What a command would do. It does it when it is given again with this `confirm`."""

    confirm: str = Field(description="What the argument `confirm` has to be: what was shown.")


@dataclass(frozen=True, slots=True)
class _Rest:
    """Marks the last argument, which takes all words that are left, as they were typed."""


Rest = Annotated[str, _Rest()]


@dataclass(frozen=True, slots=True)
class Named:
    """Marks an argument that is given by its name alone, as what stands in its place may be meant
    for something else: a password behind `sign-in`. `what` help calls its value.
    """

    what: str


class Where(StrEnum):
    """What place a command is about."""

    ANYWHERE = "anywhere"
    ALONE = "alone"  # in a chat only where nobody else reads: the person's own room with the bot
    ROOM = "room"  # about a room: the one where it is typed, or that is named
    PORTAL = "portal"  # the same, of a room that is bridged


@dataclass(frozen=True, slots=True)
class Route:
    """Where the API serves it, below its root. Fields named in {braces} come from the path.

    Of a command about a room, `{room}` is that room.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str

    @property
    def changes(self) -> bool:
        """Whether it changes anything; if so, it is in the audit log."""
        return self.method != "GET"


ArgumentsT = TypeVar("ArgumentsT", bound=Arguments)
Progress = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Asked(Generic[ArgumentsT]):
    """One command as somebody gave it, once it was checked that they may.

    `room` is what it is about, or where it was typed; `portals` are the chats of that room.
    `event` is the message that it was typed in. `progress` shows how far it is, in place of what
    it showed before. `alone`: nobody else reads the answer.
    """

    caller: Caller
    arguments: ArgumentsT
    room: RoomID | None
    portals: tuple[Portal, ...]
    progress: Progress
    event: EventID | None = None
    alone: bool = True

    @property
    def user(self) -> UserID:
        """For whom it is done."""
        return self.caller.user

    def portal(self, network: NetworkName | None = None) -> Portal:
        """The chat of the room that is meant, where it is the only one (of that network)."""
        found = [one for one in self.portals if network in (None, one.key.network)]
        if not found:
            raise Mistyped(f"This room has no chat of {network}." if network else "Not bridged.")
        if len(found) > 1:
            names = ", ".join(sorted({str(one.key.network) for one in found}))
            raise Mistyped(f"This room has several chats; say which network: {names}.")
        return found[0]


Run = Callable[[Asked[ArgumentsT]], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Command(Generic[ArgumentsT]):
    """`right` None: whoever is not blocked. `power`: the kind of state that whoever gives it must
    be allowed to set in the room, by its power levels; both must agree. `network`: the only one
    that has it. `takes`: what follows the name, where the fields do not say it.

    `run` raises `Rejected` or `LoginError` with a sentence for people, or `RetryLater`.
    """

    name: str
    help: str
    arguments: type[ArgumentsT]
    run: Run[ArgumentsT]
    route: Route
    answer: type[Answer] = Answer
    right: Right | None = None
    where: Where = Where.ANYWHERE
    power: str | None = None
    network: NetworkName | None = None
    takes: str | None = None


AnyCommand = Command[Any]
