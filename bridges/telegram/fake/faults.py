"""What goes wrong at Telegram when a test wants it to, once each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from bridges.telegram.fake.errors import BotError


class Loss(Enum):
    """The connection breaks: before Telegram has read the request, or once it was done."""

    BEFORE = auto()
    AFTER = auto()


Trouble = BotError | Loss
Meant = Callable[[str], bool]


def sends(method: str) -> bool:
    """Whether it makes a message."""
    return method.startswith("send") and method != "sendchataction"


_CHANGES = ("edit", "deletemessage", "setmessagereaction", "pin", "unpin", "setchat", "stoppoll")


def changes(method: str) -> bool:
    """Whether it does something that people see."""
    return sends(method) or method.startswith(_CHANGES)


@dataclass(slots=True)
class Faults:
    """`unauthorized`: the token was revoked, until it is not any more."""

    unauthorized: bool = False
    coming: list[tuple[Meant, Trouble]] = field(default_factory=list)

    def next(self, trouble: Trouble, meant: Meant = sends) -> None:
        """Strike the next request whose method (in lower case) is meant."""
        self.coming.append((meant, trouble))

    def strike(self, method: str) -> Loss | None:
        """Use up the fault for this request, if there is one."""
        for index, (meant, trouble) in enumerate(self.coming):
            if meant(method):
                del self.coming[index]
                if isinstance(trouble, BotError):
                    raise trouble
                return trouble
        return None
