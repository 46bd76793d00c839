"""What a running bridge consists of that encrypts; nothing, unless that is configured."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from bridgekit.commands.addressed import after, text_of
from bridgekit.commands.confirming import CONFIRM
from bridgekit.commands.verbs.encrypt import NAME
from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.ids import EventID, RoomID, TransactionID
from bridgekit.matrix.api import HomeserverAPI, Refused
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
    from bridgekit.encryption.demanding import Demanding  # noqa: PLC0415
    from bridgekit.encryption.side import Encryption, Surroundings  # noqa: PLC0415

    ours = bridge.homeserver
    waits = HomeserverAPI(ours.url, ours.tokens, ours.session)
    is_ours = bridge.config.namespaces.is_ours
    asks = partial(_asks, stored, bridge.config.commands.prefix)
    around = Surroundings(
        is_ours=is_ours,
        restored=lambda: stored.epoch.restored,
        hidden=stored.sealed.hidden,
        intake=inbox,
        notice=partial(_notice, bridge.status),
        take_back=partial(_take_back, bridge),
        bridged=partial(_concerns_us, bridge, stored),
        demanding=Demanding(settings.demanded_in, is_ours, asks, partial(_tell, bridge.status)),
    )
    calls = DeviceCalls(ours, bridge.intents.bot, waits)
    side = Encryption(calls, stored.store, bridge.sealing, bridge.clock, around, settings.wait)
    bridge.intents.envelopes = side
    return side


def _asks(stored: StoreSide, prefix: str, event: Mapping[str, Any]) -> bool:
    """Whether it is the command by which a plain room becomes an encrypted one."""
    text = text_of({**event, "content": stored.sealed.opened(event).content})
    typed = None if text is None else after(prefix, text)
    return typed is not None and typed.lower() in (NAME, CONFIRM)


async def _tell(status: Status, room: RoomID, text: str) -> None:
    # An earlier process may have said so.
    await status.notice(room, text, key="not encrypted", doubtful=True)


async def _notice(status: Status, one: Unread, text: str, *, doubtful: bool) -> EventID | None:
    said: dict[str, Any] = {"msgtype": "m.notice", "body": text}
    if one.notice:
        relation = {"rel_type": "m.replace", "event_id": one.notice}
        content = {**said, "body": f"* {text}", "m.new_content": said, "m.relates_to": relation}
        content["m.mentions"] = {}  # they were called once
        return await status.say(one.room, content, key=f"came {one.event}", doubtful=doubtful)
    said["m.mentions"] = {"user_ids": [one.sender]}
    said["m.relates_to"] = {"m.in_reply_to": {"event_id": one.event}}
    return await status.say(one.room, said, key=f"unread {one.event}", doubtful=doubtful)


async def _take_back(bridge: Foundation, room: RoomID, event: EventID) -> None:
    txn = TransactionID(bridge.signer.txn("notice", f"{_TAKEN_BACK} {event}", room))
    await bridge.intents.redact(None, room, event, txn)


async def _concerns_us(bridge: Foundation, stored: StoreSide, room: RoomID) -> bool:
    """Whether it is bridged, or somebody's with the bot alone."""
    if await stored.portals.in_room(room):
        return True
    try:
        members = await bridge.intents.members(room)
    except Refused:  # the bot is not in it
        return False
    return members.get(bridge.intents.bot) == "join" and len(members) == 2  # noqa: PLR2004 (two)


async def begin(encryption: Encryption | None) -> None:
    """Before anything is sent, and after the epoch: which device it is hangs on that."""
    if encryption is not None:
        await encryption.begin()


def work_of(encryption: Encryption | None) -> dict[str, Callable[[], Awaitable[object]]]:
    """What runs beside the lanes."""
    return {} if encryption is None else encryption.work()
