"""Why something will not be sent, as an exception: the reason from the closed list, and details."""

from collections.abc import Sequence

from bridgekit.codec import BrokenRecord
from bridgekit.errors import ChatMoved, LoginError, Rejected
from bridgekit.reasons import WORDS, Reason
from bridgekit.scanning.verdict import Blocked
from bridgekit.store.sql import Rows

LONGEST = 300  # letters of a sentence that comes from a network


class Failed(Exception):  # noqa: N818 (an outcome, not a fault)
    """It surely was not sent and will not be; for `MAY_NOT_BE_SENT`, that is not sure.

    `also` is stored with this end.
    """

    def __init__(self, reason: Reason, detail: str = "", also: Sequence[Rows] = ()) -> None:
        super().__init__(detail or WORDS[reason].sentence)
        self.reason, self.also = reason, also


def reason_of(error: Exception) -> tuple[Reason, str]:
    """The reason, and the sentence for the sender, of whatever ended a send."""
    match error:
        case Failed():
            return error.reason, str(error)
        case LoginError():
            return Reason.LOGIN_REFUSED, _sentence(error, Reason.LOGIN_REFUSED)
        case ChatMoved():
            return Reason.CHAT_MOVED, WORDS[Reason.CHAT_MOVED].sentence
        case Rejected():
            reason = Reason.BLOCKED if isinstance(error, Blocked) else Reason.REJECTED
            return reason, _sentence(error, reason)
        case BrokenRecord():
            return Reason.BROKEN_RECORD, WORDS[Reason.BROKEN_RECORD].sentence
    # Whatever it says is for the log: people get no internals.
    return Reason.INTERNAL, WORDS[Reason.INTERNAL].sentence


def naming_part(detail: str, number: int, total: int, *, sure: bool) -> str:
    """The sentence with the part that it is about, where there are several; parts count from 0."""
    if total == 1:
        return detail
    part, last = f"Part {number + 1} of {total}", number + 1 == total
    if sure:
        return f"{part} was not sent{'' if last else ', nor was what follows it'}. {detail}"
    follows = "" if last else ", and what follows it was not"
    return f"{part} may not have been sent{follows}. {detail}"


def line_of(words: str) -> str:
    """One line of what a network says: it is shown in rooms and in the log."""
    shown = "".join(letter for letter in " ".join(words.split()) if letter.isprintable())
    return shown[:LONGEST]


def _sentence(error: Exception, reason: Reason) -> str:
    return line_of(str(error)) or WORDS[reason].sentence
