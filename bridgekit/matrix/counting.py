"""What the names of transactions tell: that the homeserver keeps some back, or counts anew.

Synapse numbers its transactions. What is said just as a bridge comes back may be stored behind
what is sent again and left there, while what follows goes out (`synapse/appservice/scheduler.py`:
whether the service is up is asked before the transaction is stored). It is sent with the next
failure only, perhaps weeks later. So where a number is missing, the transaction behind it is
refused once: Synapse then sends all that it has, the oldest first.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog

log = structlog.get_logger()

REMEMBERED = 1000  # transactions: enough to see that the homeserver counts anew
MOST = 10  # numbers; more are missing where another one counts
FEW = 100  # a count that is there already has just begun at 1
ANEW = "the homeserver counts its transactions anew: it was restored or replaced"
FROM_1 = (
    "the homeserver counts its transactions from 1 again: Synapse on SQLite does whenever it is "
    "restarted, any other was replaced"
)
ALARMS = 3  # false ones: other application services have numbers of the same count


class KeptBack(Exception):  # noqa: N818 (a question, not a fault)
    """Transactions before this one are missing: they are to be sent first."""


class Numbers:
    """What transactions are called, in the order in which they came to this process."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._refused: int | None = None
        self._came = False  # something did, since one was refused
        self._alarms = 0

    def early(self, txn: str) -> bool:
        """Whether a transaction is to be refused, once, since some before it are missing."""
        number = _number(txn)
        if number is None:
            return False
        if number == self._refused:
            self._alarms = 0 if self._came else self._alarms + 1
            self._refused = None
            return False
        if self._alarms >= ALARMS or not self._missing(number):
            return False
        self._refused, self._came = number, False
        return True

    def took(self, txn: str, *, events: bool) -> None:
        """It is stored, and was new; one without events is none that others could be missing by."""
        number = _number(txn)
        if number is not None and (events or self._last is None or number == self._last + 1):
            self._last, self._came = number, True

    def _missing(self, number: int) -> bool:
        return self._last is not None and 1 < number - self._last <= 1 + MOST


class Recount:
    """Says once where a name comes again for something else.

    Synapse on SQLite counts on from the transactions that it still has, which are none as a rule:
    it begins at 1 whenever it is restarted. Other homeservers do only if they were restored or
    replaced.
    """

    def __init__(self) -> None:
        self._digests: dict[str, str] = {}
        self._said = False

    def recall(self, digests: Mapping[str, str]) -> None:
        """What an earlier process took, oldest first: those of the last count are known again."""
        known: list[tuple[str, str]] = []
        least: int | None = None
        for txn, digest in reversed(list(digests.items())):
            number = _number(txn)
            if least is not None and number is not None and number > least:
                break
            least = least if number is None else number
            known.append((txn, digest))
        self._digests.update(reversed(known))

    def knows(self, txn: str, digest: str) -> bool:
        """Whether it was taken, of what is remembered."""
        return self._digests.get(txn) == digest

    def took(self, txn: str, digest: str) -> None:
        """It is stored, and was new."""
        known = self._digests.get(txn, digest)
        self._digests[txn] = digest
        if known != digest and not self._said:
            self._said = True
            number = _number(txn)
            if number is not None and number <= FEW:
                log.info(FROM_1, txn=txn)
            else:
                log.warning(ANEW, txn=txn)
        while len(self._digests) > REMEMBERED:
            self._digests.pop(next(iter(self._digests)))


def _number(txn: str) -> int | None:
    return int(txn) if txn.isascii() and txn.isdigit() and len(txn) < _DIGITS else None


_DIGITS = 16  # a time in milliseconds has 13
