"""What whoever did something hears of it: that it failed, that it waits, that it arrived otherwise.

What is said or deleted is told each time; of what is done often (reactions, pins …), and of an
encrypted room that the bridge does not read, each person hears once per room and reason, and
everybody once what the network cannot do at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, assert_never

import structlog

from bridgekit.codec import load_event
from bridgekit.ids import NetworkName, RoomID, UserID
from bridgekit.lanes.journey import Journey
from bridgekit.matrix.referring import edited_event
from bridgekit.person.ghosts import Ghosts
from bridgekit.reasons import Reason
from bridgekit.room.portals import Portals, counterpart
from bridgekit.status import Status
from bridgekit.store.people import People, save_value
from bridgekit.store.writer import Writer
from bridgekit.to_network.failure import line_of
from bridgekit.to_network.held import Cause, HeldJob
from bridgekit.to_network.send_status import SendStatus
from bridgekit.to_network.underway import Underway

log = structlog.get_logger()


class Telling(StrEnum):
    """How often somebody hears of a kind of failure."""

    ALWAYS = "always"
    EACH = "each"  # once per room, person, kind and reason
    ONCE = "once"  # per room and kind: more would be noise
    NEVER = "never"  # it is counted and logged


_ALWAYS = frozenset({"m.room.message", "m.room.encrypted", "m.sticker"})
PUT_OUT = ("leave", "ban")
KEPT = 50  # of what was told in a room about a kind; what falls out is told anew
_CALLED = {
    "m.reaction": "reaction",
    "m.room.redaction": "deletion",
    "m.room.pinned_events": "pin",
    "m.room.power_levels": "change of power levels",
    "m.room.name": "change of the name",
    "m.room.topic": "change of the topic",
    "m.room.avatar": "change of the picture",
    "m.room.join_rules": "change of who may come in",
    "m.room.member": "change of membership",
}


def telling_of(event: Mapping[str, Any], reason: Reason) -> Telling:
    """How often the sender of such an event is told that it failed so."""
    kind = event["type"]
    if event["content"].get("msgtype") == "m.notice":
        # A program said it: two that told each other of each notice that failed would never stop.
        return Telling.EACH
    if reason is Reason.ENCRYPTED:
        return Telling.EACH  # it is so of all that they say there, for ever
    if kind in _ALWAYS or kind.endswith("poll.start"):
        return Telling.ALWAYS
    membership = event["content"].get("membership")
    if kind == "m.room.member" and membership not in PUT_OUT:
        # Whoever comes is there all the same; whoever is invited is not, and each is another one.
        invited = membership == "invite" and reason is Reason.REJECTED
        return Telling.ALWAYS if invited else Telling.NEVER
    if reason is Reason.UNSUPPORTED:
        return Telling.ONCE
    # Whoever deletes something takes it for gone.
    return Telling.ALWAYS if kind == "m.room.redaction" else Telling.EACH


class Feedback:
    """Tells the senders of a lane's events."""

    def __init__(
        self,
        status: Status,
        send_status: SendStatus,
        portals: Portals,
        ghosts: Ghosts,
        people: People,
        writer: Writer,
    ) -> None:
        self._status, self._send_status = status, send_status
        self._portals, self._ghosts = portals, ghosts
        self._people, self._writer = people, writer

    async def failed(
        self, journey: Journey, reason: Reason, detail: str, underway: Underway
    ) -> None:
        """It failed, wholly or in part. May raise `RetryLater`."""
        how = "was not bridged"
        if not underway.sure:
            how = "may not have been bridged"
        elif underway.sent:
            how = "was bridged only in part"
        event = load_event(journey.job.body or "")
        telling = telling_of(event, reason)
        once = telling in (Telling.EACH, Telling.ONCE)
        what = f"{reason} {event['sender']}" if telling is Telling.EACH else reason.value
        if telling is Telling.NEVER:
            return
        speaker = await self._speaker(journey)
        spelt = self._status.spells(detail)
        await self._send_status.failed(journey, event, reason, spelt, speaker)
        if once and await self._told(journey, event, what):
            return
        await self._status.tell(journey, event, reason, detail, speaker, what=_what(event), how=how)
        if once:
            await self._tell_no_more(journey, event, what)

    async def noted(self, journey: Journey, underway: Underway) -> None:
        """It arrived, but not as its sender would think: said once per room.

        If it cannot be said, it is next time: what was sent must not wait for its end.
        """
        try:
            for note in underway.notes:
                await self._note(journey, note)
            if self._send_status.of_everything:
                event = load_event(journey.job.body or "")
                await self._send_status.arrived(journey, event, await self._speaker(journey))
        except Exception as error:  # noqa: BLE001 (see above)
            log.warning("sender not told", ref=journey.job.reference, error=type(error).__name__)

    async def _note(self, journey: Journey, note: str) -> None:
        event = load_event(journey.job.body or "")
        if not await self._told(journey, event, note):
            speaker = await self._speaker(journey)
            await self._status.tell_note(journey, event, note, speaker)
            await self._tell_no_more(journey, event, note)

    async def waits(self, held: HeldJob) -> None:
        """It has waited for long. May raise `RetryLater`."""
        why = f"{_waits_for(held)} {line_of(held.why)}".strip()
        speaker = await self._speaker(held.journey)
        await self._send_status.waits(held.journey, held.event, why, speaker)
        await self._status.tell_waiting(held.journey, held.event, why, speaker)

    async def _told(self, journey: Journey, event: Mapping[str, Any], what: str) -> bool:
        return _digest(what) in await self._digests(*_place(journey, event))

    async def _tell_no_more(self, journey: Journey, event: Mapping[str, Any], what: str) -> None:
        place = _place(journey, event)
        told = [one for one in await self._digests(*place) if one != _digest(what)]
        latest = [*told, _digest(what)][-KEPT:]
        await self._writer.write(save_value(*place, " ".join(latest)))

    async def _digests(self, network: NetworkName, key: str) -> list[str]:
        return (await self._people.value(network, key) or "").split()

    async def _speaker(self, journey: Journey) -> UserID | None:
        """Who speaks in a room that a person made: the bot may not be in it."""
        number = journey.job.lane.portal
        assert number is not None  # noqa: S101 (a lane to a network is a portal's)
        portal = await self._portals.get(number)
        other = counterpart(portal)
        if other is None:
            return None
        ghost = await self._ghosts.ensure(portal.key.network, other)
        return ghost.mxid


# Apart from what adapters save, as names are: a space is in no network's name.
def _place(journey: Journey, event: Mapping[str, Any]) -> tuple[NetworkName, str]:
    """One row per room and kind, however much a network has to say."""
    room = RoomID(event["room_id"])
    return NetworkName(f"{journey.network} told"), f"{room} {event['type']}"


def _digest(what: str) -> str:
    return hashlib.sha256(what.encode(errors="replace")).hexdigest()[:16]


def _what(event: Mapping[str, Any]) -> str:
    kind = event["type"]
    if kind == "m.room.member" and event["content"].get("membership") == "invite":
        return "invitation"
    if kind in _CALLED:
        return _CALLED[kind]
    if "poll." in kind:
        return "poll" if kind.endswith("poll.start") else "vote"
    return "edit" if edited_event(event["content"]) else "message"


def _waits_for(held: HeldJob) -> str:
    match held.cause:
        case Cause.AWAY:
            return f"{held.network} is not connected; it is sent as soon as it is connected again."
        case Cause.REFUSED:
            refused = f"{held.network} refuses the bridge's login for now"
            return f"{refused}; it is sent as soon as that is mended."
        case Cause.BUSY:
            return f"{held.network} does not take it for now; it is sent as soon as it does."
        case Cause.SCAN:
            return "The content scan does not answer; it is sent as soon as that has looked at it."
        case _:
            assert_never(held.cause)
