"""What became of what somebody said, shown at the message itself by clients that can.

No event of the specification, so it is sent only where the operator wants it. It says how things
are: the same twice does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.lanes.journey import Journey
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.reasons import WORDS, Reason
from bridgekit.signing import Signer
from bridgekit.status import STATUS

NOTHING, EVERYTHING = "nothing", "everything"  # `rooms.send_status`; else of failures

_REASONS = {
    Reason.EXPIRED: "m.event_too_old",
    Reason.NOT_PERMITTED: "m.no_permission",
    Reason.NO_LOGIN: "m.no_permission",
    Reason.NOT_THEIRS: "m.no_permission",
    Reason.UNSUPPORTED: "m.event_not_handled",
    Reason.ENCRYPTED: "m.event_not_handled",
    Reason.UNREADABLE: "com.beeper.undecryptable_event",
    Reason.NOT_ENCRYPTED: "m.event_not_handled",
    Reason.EMPTY: "m.event_not_handled",
}
_OTHER = "m.foreign_network_error"


class SendStatus:
    """`shown` is what is sent: of failures and of what waits, of everything, or nothing."""

    def __init__(self, intents: Intents, signer: Signer, shown: str) -> None:
        self._intents, self._signer, self._shown = intents, signer, shown

    @property
    def of_everything(self) -> bool:
        """Whether it is also of what arrives."""
        return self._shown == EVERYTHING

    async def failed(
        self,
        journey: Journey,
        event: Mapping[str, Any],
        reason: Reason,
        detail: str,
        speaker: UserID | None,
    ) -> None:
        """It was not delivered, or nobody can tell. May raise `RetryLater`."""
        if self._shown == NOTHING:
            return
        why = {
            "status": "FAIL_PERMANENT",
            "reason": _REASONS.get(reason, _OTHER),
            "message": f"{detail or WORDS[reason].sentence} ({journey.job.reference})",
        }
        await self._send(journey, event, why, speaker)

    async def waits(
        self, journey: Journey, event: Mapping[str, Any], why: str, speaker: UserID | None
    ) -> None:
        """It is sent later. May raise `RetryLater`."""
        if self._shown != NOTHING:
            content = {"status": "PENDING", "reason": "m.bridge_unavailable", "message": why}
            await self._send(journey, event, content, speaker)

    async def arrived(
        self, journey: Journey, event: Mapping[str, Any], speaker: UserID | None
    ) -> None:
        """The network has taken it. May raise `RetryLater`."""
        await self._send(journey, event, {"status": "SUCCESS"}, speaker)

    async def _send(
        self,
        journey: Journey,
        event: Mapping[str, Any],
        said: Mapping[str, str],
        speaker: UserID | None,
    ) -> None:
        content = {
            "m.relates_to": {"rel_type": "m.reference", "event_id": EventID(event["event_id"])},
            "network": journey.network,
            **said,
        }
        room, key = RoomID(event["room_id"]), f"{journey.job.key} {said['status']}"
        txn = self._signer.txn("status", key, said.get("reason", ""))
        for user in (None, speaker) if speaker else (None,):
            with suppress(Refused):
                await self._intents.send(user, room, STATUS, content, txn)
                return
