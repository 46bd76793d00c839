"""What can go wrong, named by what should happen next.

BridgekitError
├── ConfigError         the operator must change something before the bridge can run
│   ├── DatabaseError   … about the database
│   └── AddressError    … about the address it listens on
├── LoginError          the network refused this login; its person must act
├── RetryLater          surely not accepted now; the same again later may be
├── Rejected            surely not accepted, and never will be
│   └── TooLong         … in one piece: the core cuts the message
└── ChatMoved           surely not accepted; the chat goes by another ID now

`str(error)` is a sentence for people and names no internals; the chain (`raise … from`) is for
the log. Any other exception out of a send means that nobody knows whether it was accepted.
"""

import math
from enum import StrEnum

from bridgekit.ids import ChatID


class Scope(StrEnum):
    """What a `RetryLater` holds up."""

    CHAT = "chat"
    LOGIN = "login"
    METHOD = "method"
    NETWORK = "network"


class BridgekitError(Exception):
    """The root; never raised itself."""


class ConfigError(BridgekitError):
    """One or more faults that the operator must mend; one sentence per fault."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class DatabaseError(ConfigError):
    """The database cannot be used as it is."""


class AddressError(ConfigError):
    """The bridge cannot listen where it should."""


class LoginError(BridgekitError):
    """The network does not accept this login: nothing was sent, and asking again is no use."""


UTMOST = 24 * 3600.0  # seconds; whoever asks for more time than that means something else


class RetryLater(BridgekitError):  # noqa: N818 (named by what to do next)
    """Surely not accepted; try again after `after` seconds (None: the core's own back-off), which
    are a day at the most, whatever a network asks for.
    """

    def __init__(self, reason: str, after: float | None = None, scope: Scope = Scope.CHAT) -> None:
        super().__init__(reason)
        if after is not None:
            after = None if math.isnan(after) else min(max(after, 0.0), UTMOST)
        self.after = after
        self.scope = scope


class Rejected(BridgekitError):  # noqa: N818 (named by what is so)
    """Surely not accepted, and the same again never will be."""


class TooLong(Rejected):
    """Surely not accepted, for its length: a message is sent in smaller pieces instead."""


class ChatMoved(BridgekitError):  # noqa: N818 (named by what is so)
    """Surely not accepted: the chat has another ID now, and the core sends it there."""

    def __init__(self, new: ChatID) -> None:
        super().__init__("The chat has moved")
        self.new = new
