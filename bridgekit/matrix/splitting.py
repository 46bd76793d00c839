"""What a transaction becomes: the jobs of its events, and what else their commit has to hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from bridgekit.clock import Clock
from bridgekit.matrix.encrypted import Opening
from bridgekit.matrix.transaction import Malformed, events_of, redacted_by, text_of, well_formed
from bridgekit.models import Draft, Lane, SetAside, StoredTransaction
from bridgekit.public_links import Redacted

log = structlog.get_logger()

FEW = 10  # events; with more of them the homeserver would wait for longer than a commit takes
PATIENCE = 1.0  # seconds for them
LOOKED_INTO = ("m.room.encrypted", "m.room.redaction")  # their commit holds more than jobs


class Sorter(Protocol):
    """What an event is to us."""

    async def sort(self, event: Mapping[str, Any], before: Collection[Lane]) -> Sequence[Draft]:
        """The jobs that a well-formed event becomes; may have effects that are safe to repeat.

        `before` are the lanes for which the same transaction has had jobs so far, which are not
        in them yet.
        """


def nobody(_: str) -> Opening | None:
    return None


@dataclass(frozen=True, slots=True)
class Split:
    """`opening` has read its events."""

    drafts: Sequence[Draft]
    set_aside: Sequence[SetAside]
    redacted: Sequence[Redacted]
    opening: Opening | None

    @property
    def also(self) -> Sequence[Any]:
        return () if self.opening is None else self.opening.changes()

    def over(self) -> None:
        """It is stored."""
        if self.opening is not None:
            self.opening.stored()


class Splitting:
    """`opening` begins to read the events of a transaction, by its body; None: nobody has to."""

    def __init__(
        self, sorter: Sorter, clock: Clock, opening: Callable[[str], Opening | None] = nobody
    ) -> None:
        self._sorter, self._clock, self._opening = sorter, clock, opening

    async def of(self, transaction: StoredTransaction) -> Split:
        """All of it; what cannot be read is set aside."""
        opening = self._opening(transaction.body)
        drafts: list[Draft] = []
        aside: list[SetAside] = []
        before: set[Lane] = set()
        at = int(self._clock.now().timestamp() * 1000)
        origin = f"homeserver transaction {transaction.txn}"
        for event in events_of(transaction.body):
            try:
                drafts += await self._drafts(well_formed(event), opening, before)
            except Malformed as error:
                why = str(error)
            except _OUR_FAULT as error:
                # Whatever it holds that we did not think of: the order of all rooms hangs on this
                # loop, so no event may stop it.
                why = f"the bridge cannot read it ({type(error).__name__})"
            else:
                continue
            aside.append(SetAside(origin, text_of(event), why, at))
            log.warning("event set aside", txn=transaction.txn, why=why)
        return Split(drafts, aside, [*redacted_by(transaction.body)], opening)

    async def at_once(self, body: str, events: Any) -> list[Draft] | None:
        """The jobs of a few plain messages, for which the homeserver can wait; None: it is more."""
        if not _are_few_and_plain(events):
            return None
        opening = self._opening(body)
        drafts: list[Draft] = []
        before: set[Lane] = set()
        try:
            known = [well_formed(event) for event in events]  # before any of them counts
            async with self._clock.timeout(PATIENCE):
                for event in known:
                    drafts += await self._drafts(event, opening, before)
        except Exception:  # noqa: BLE001 (what it is will be said when it is split by itself)
            return None
        return drafts

    async def _drafts(
        self, event: Mapping[str, Any], opening: Opening | None, before: set[Lane]
    ) -> Sequence[Draft]:
        """The jobs of one event; their lanes go to `before`."""
        known = event if opening is None else await opening.open(event)
        found = () if known is None else await self._sorter.sort(known, before)
        before.update(draft.lane for draft in found)
        return found


def _are_few_and_plain(events: Any) -> bool:
    """Whether sorting them only asks what is in memory, as a rule."""
    return (
        isinstance(events, list)
        and len(events) <= FEW
        and all(isinstance(one, dict) and one.get("type") not in LOOKED_INTO for one in events)
        and all("state_key" not in one for one in events)
    )


# What code raises over data that it did not expect; a store or a network that fails does not.
_OUR_FAULT = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
