"""What became of a message that we sent: seen by clients that show it; a failure by everybody."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bridgekit.errors import Rejected
from bridgekit.events import Content, Delivery, DeliveryState, RemoteEvent
from bridgekit.ids import RoomID, UserID
from bridgekit.lanes.journey import Done, Journey, dropped
from bridgekit.login.owners import Owners
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.models import Link, Portal
from bridgekit.networks import Network
from bridgekit.reasons import Reason
from bridgekit.signing import Signer
from bridgekit.status import STATUS, Status
from bridgekit.to_matrix.targets import Targets


@dataclass(frozen=True, slots=True)
class _Report:
    """`ghost` is whom the message was for, where the network says it of one person."""

    journey: Journey
    portal: Portal
    room: RoomID
    link: Link
    delivery: Delivery
    ghost: UserID | None


class Deliveries:
    """Tells what a network reports. Safe to repeat."""

    def __init__(
        self, targets: Targets, owners: Owners, intents: Intents, status: Status, signer: Signer
    ) -> None:
        self._targets, self._owners, self._intents = targets, owners, intents
        self._status, self._signer = status, signer

    async def bridge(
        self,
        journey: Journey,
        portal: Portal,
        network: Network,
        event: RemoteEvent[Content],
        delivery: Delivery,
    ) -> Done:
        """Raises as `Targets.of` while the message is not known to be in the room."""
        if portal.room is None:
            return dropped(Reason.NOT_LINKED)
        link = (await self._targets.of(journey, portal, delivery.target))[0]
        if not self._is_person(link.sender):
            return dropped(Reason.NO_CHANGE)  # the network's own: nobody here waits to hear of it
        ghost = self._ghost(network, event)
        report = _Report(journey, portal, portal.room, link, delivery, ghost)
        shown = [await self._show_status(report, network), await self._tell(report)]
        if not any(shown):
            return dropped(Reason.NO_CHANGE)
        return Done(Reason.DELIVERED, targets=(link.event,))

    async def _tell(self, report: _Report) -> bool:
        """A failure is said in the room; what was read, the reader's ghost shows."""
        if report.delivery.state is DeliveryState.FAILED:
            await self._say_failure(report)
            return True
        if report.delivery.state is DeliveryState.READ and report.ghost is not None:
            with suppress(Refused):  # whoever reads without being there is not shown
                await self._intents.receipt(report.ghost, report.room, report.link.event)
                return True
        return False

    async def _say_failure(self, report: _Report) -> None:
        link = report.link
        message = {"event_id": link.event, "room_id": report.room, "sender": link.sender}
        # Known by target and addressee when it comes again, so a job says it once.
        await self._status.tell(
            report.journey,
            message,
            Reason.REJECTED,
            report.delivery.reason or "The network could not deliver it.",
            report.ghost,
            how="was not delivered",
        )

    async def _show_status(self, report: _Report, network: Network) -> bool:
        """Only where a message is for one person: of many, some client would show the last one.

        Or where the network says it of the message as a whole.
        """
        if not report.portal.private and report.ghost is not None:
            return False
        source = f"{report.delivery.target} {report.ghost}"
        kind = f"status {report.delivery.state}"
        txn = self._signer.txn(report.portal.id, source, kind)
        content = _status(report, network)
        for user in dict.fromkeys((report.ghost, None)):
            with suppress(Refused, Rejected):
                await self._intents.send(user, report.room, STATUS, content, txn)
                return True
        return False

    def _ghost(self, network: Network, event: RemoteEvent[Content]) -> UserID | None:
        if event.sender is None:
            return None
        mxid = self._owners.mxid(network.name, event.sender)
        return mxid if self._owners.is_ours(mxid) else None

    def _is_person(self, sender: str) -> bool:
        is_mxid = sender.startswith("@") and ":" in sender
        return is_mxid and not self._owners.is_ours(UserID(sender))


def _status(report: _Report, network: Network) -> dict[str, Any]:
    failed = report.delivery.state is DeliveryState.FAILED
    content: dict[str, Any] = {
        "m.relates_to": {"rel_type": "m.reference", "event_id": report.link.event},
        "network": network.name,
        "status": "FAIL_PERMANENT" if failed else "SUCCESS",
    }
    if failed:
        content |= {"reason": "m.event_not_handled", "message": report.delivery.reason or ""}
    elif report.ghost is not None:
        content["delivered_to_users"] = [report.ghost]
    return content
