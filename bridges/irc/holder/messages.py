"""What the bridge and the holder say to each other over a Unix socket: a line each. Pure.

The holder sends what a server said as `NUMBER TIME LINE`, as its journal has it; all else, either
way, is one of these records as JSON.
"""

import json
from dataclasses import asdict, dataclass
from dataclasses import fields as declared
from enum import StrEnum
from typing import Any

from bridges.irc.connection import Address

VERSION = 1
LONGEST = 1 << 20  # bytes of one line between the two


@dataclass(frozen=True, slots=True)
class Open:
    """Have the connection of `slot`; `stored` is the cursor of the last stored line.

    `anew`: make one where there is none to go on with. Else nothing is done then, and `Opened` has
    no `state`.
    """

    slot: str
    address: Address
    stored: str | None
    anew: bool = True
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Close:
    """Nobody comes back to `slot`: quit, and forget it."""

    slot: str
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Opened:
    """`state` is what the bridge last left; "" where the connection is new, or unfinished.

    `alive`: the server is still there. `since`: from when on all that was written is known.
    """

    instance: str
    state: str
    alive: bool
    since: float


@dataclass(frozen=True, slots=True)
class Failed:
    """There is no connection; `final`: nor will there be until somebody has mended it."""

    why: str
    final: bool


@dataclass(frozen=True, slots=True)
class Write:
    """Send these lines; with a `key`, only if nothing was sent under it yet."""

    lines: tuple[str, ...]
    key: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """Every line up to this number is stored: forget them."""

    number: int


@dataclass(frozen=True, slots=True)
class Remember:
    """What the next bridge needs to go on with this connection."""

    state: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What was sent under a key was taken by the server, under these IDs."""

    key: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forget:
    """What was sent under a key was refused: it may be sent again."""

    key: str


@dataclass(frozen=True, slots=True)
class Find:
    """Ask what became of a key."""

    key: str


class Fate(StrEnum):
    NEVER = "never"  #: not written since `Opened.since`
    WRITTEN = "written"  #: to the connection that is still there; the answer is to come
    SETTLED = "settled"
    LOST = "lost"  #: to a connection that ended before the server had answered


@dataclass(frozen=True, slots=True)
class Known:
    """The answer to `Find`. `since`: what was written before that may be forgotten."""

    key: str
    fate: Fate
    ids: tuple[str, ...]
    since: float


@dataclass(frozen=True, slots=True)
class End:
    """Nobody needs this connection any more; these are its last lines."""

    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    """The connection to the server is gone; no line follows."""

    why: str


Message = (
    Open
    | Close
    | Opened
    | Failed
    | Write
    | Stored
    | Remember
    | Settled
    | Forget
    | Find
    | Known
    | End
    | Ended
)
_KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        *(Open, Close, Opened, Failed, Write, Stored, Remember),
        *(Settled, Forget, Find, Known, End, Ended),
    )
}


def dump(message: Message) -> bytes:
    """One line, with its end."""
    return json.dumps([type(message).__name__, asdict(message)]).encode() + b"\n"


def load(line: bytes) -> Message:
    """Raises `ValueError` for what is none of these."""
    try:
        kind, fields = json.loads(line)
        for name in ("lines", "ids"):
            if name in fields:
                fields[name] = tuple(map(str, fields[name]))
        if "address" in fields:
            fields["address"] = _checked(Address(**fields["address"]))
        if "fate" in fields:
            fields["fate"] = Fate(fields["fate"])
        message: Message = _checked(_KINDS[kind](**fields))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError("That is no message between a bridge and its holder") from error
    return message


def _checked(made: Any) -> Any:
    """Itself; raises `TypeError` where a field holds what it is not declared to."""
    for one in declared(made):
        if not isinstance(getattr(made, one.name), _LOOSE.get(one.type, one.type)):
            raise TypeError(one.name)
    return made


_LOOSE: dict[Any, Any] = {tuple[str, ...]: tuple, float: (int, float)}
