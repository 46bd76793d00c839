"""Why something will not be sent, as an exception: the reason from the closed list, and details."""

from bridgekit.codec import BrokenRecord
from bridgekit.errors import ChatMoved, LoginError, Rejected
from bridgekit.reasons import WORDS, Reason


class Failed(Exception):  # noqa: N818 (an outcome, not a fault)
    """It surely was not sent and will not be; for `MAY_NOT_BE_SENT`, that is not sure."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(detail or WORDS[reason].sentence)
        self.reason = reason


def reason_of(error: Exception) -> tuple[Reason, str]:
    """The reason, and the sentence for the sender, of whatever ended a send."""
    match error:
        case Failed():
            return error.reason, str(error)
        case LoginError():
            return Reason.LOGIN_REFUSED, str(error)
        case ChatMoved():
            return Reason.CHAT_MOVED, WORDS[Reason.CHAT_MOVED].sentence
        case Rejected():
            return Reason.REJECTED, str(error)
        case BrokenRecord():
            return Reason.BROKEN_RECORD, WORDS[Reason.BROKEN_RECORD].sentence
    # Whatever it says is for the log: people get no internals.
    return Reason.INTERNAL, WORDS[Reason.INTERNAL].sentence
