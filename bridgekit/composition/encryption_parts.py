"""What a running bridge consists of that encrypts; nothing, unless that is configured."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.ids import EventID, RoomID, TransactionID
from bridgekit.matrix.api import HomeserverAPI
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.matrix.inbox import Inbox
from bridgekit.status import Status
from bridgekit.store.unread_events import Unread

if TYPE_CHECKING:
    from bridgekit.encryption.side import Encryption

_TAKEN_BACK = "taken back"


def encryption_side(
    bridge: Foundation, stored: StoreSide, inbox: Callable[[], Inbox]
) -> Encryption | None:
    """The parts; None where encrypted rooms are not bridged."""
    settings = bridge.config.encryption
    if not settings.on:
        return None
    # Without the extra there is no library to load.
    from bridgekit.encryption.side import Encryption, Surroundings  # noqa: PLC0415

    ours = bridge.homeserver
    waits = HomeserverAPI(ours.url, ours.tokens, ours.session)
    around = Surroundings(
        is_ours=bridge.config.namespaces.is_ours,
        restored=lambda: stored.epoch.restored,
        hidden=stored.sealed.hidden,
        intake=inbox,
        notice=partial(_notice, bridge.status),
        take_back=partial(_take_back, bridge),
        bridged=partial(_bridged, stored),
    )
    calls = DeviceCalls(ours, bridge.intents.bot, waits)
    side = Encryption(calls, stored.store, bridge.sealing, bridge.clock, around, settings.wait)
    bridge.intents.envelopes = side
    return side


async def _notice(status: Status, one: Unread, text: str, *, doubtful: bool) -> EventID | None:
    content = {
        "msgtype": "m.notice",
        "body": text,
        "m.mentions": {"user_ids": [one.sender]},
        "m.relates_to": {"m.in_reply_to": {"event_id": one.event}},
    }
    return await status.say(one.room, content, key=f"unread {one.event}", doubtful=doubtful)


async def _take_back(bridge: Foundation, room: RoomID, event: EventID) -> None:
    txn = TransactionID(bridge.signer.txn("notice", f"{_TAKEN_BACK} {event}", room))
    await bridge.intents.redact(None, room, event, txn)


async def _bridged(stored: StoreSide, room: RoomID) -> bool:
    return bool(await stored.portals.in_room(room))


async def begin(encryption: Encryption | None) -> None:
    """Before anything is sent, and after the epoch: which device it is hangs on that."""
    if encryption is not None:
        await encryption.begin()


def work_of(encryption: Encryption | None) -> dict[str, Callable[[], Awaitable[object]]]:
    """What runs beside the lanes."""
    return {} if encryption is None else encryption.work()
