"""What a running bridge consists of that encrypts; nothing, unless that is configured."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from bridgekit.commands.addressed import after, text_of
from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.encryption.clearing import Clearing
from bridgekit.encryption.unread_rooms import UnreadRooms
from bridgekit.encryption.waiting import Waiting
from bridgekit.ids import EventID, RoomID, TransactionID, UserID
from bridgekit.matrix.api import HomeserverAPI, Refused
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.matrix.encrypted import SWITCHED_ON
from bridgekit.matrix.ghost_devices import GhostDeviceCalls
from bridgekit.matrix.inbox import Inbox
from bridgekit.matrix.relation_content import replacing
from bridgekit.room.portals import counterpart
from bridgekit.status import Status
from bridgekit.store.encryption import EncryptionRows
from bridgekit.store.ghost_devices import GhostDeviceRows
from bridgekit.store.unread_events import Unread, UnreadEvents

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
    from bridgekit.encryption.trust import Trust  # noqa: PLC0415

    ours = bridge.homeserver
    waits = HomeserverAPI(ours.url, ours.tokens, ours.session)
    is_ours = bridge.config.namespaces.is_ours
    typed = partial(_typed, stored, bridge.config.commands.prefix)
    around = Surroundings(
        is_ours=is_ours,
        restored=lambda: stored.epoch.restored,
        hidden=stored.sealed.hidden,
        intake=inbox,
        notice=partial(_notice, bridge, stored),
        take_back=partial(_take_back, bridge),
        bridged=partial(_concerns_us, bridge, stored),
        other=partial(_other, bridge, stored),
        demanding=Demanding(settings.demanded_in, is_ours, typed, partial(_tell, bridge, stored)),
        announce=partial(_announce, bridge.status),
        least=Trust.named(settings.verification_levels.send),
        ghost_calls=GhostDeviceCalls(ours),
        ghost_devices=_ghost_devices(settings.ghost_devices, stored),
    )
    calls = DeviceCalls(ours, bridge.intents.bot, waits)
    side = Encryption(calls, stored.store, bridge.sealing, bridge.clock, around, settings.wait)
    bridge.intents.envelopes = side
    return side


def unread_rooms(bridge: Foundation, stored: StoreSide) -> UnreadRooms:
    """In place of it, where encrypted rooms are not bridged."""
    rows, intents = EncryptionRows(stored.store.reader), bridge.intents

    async def settings(room: RoomID, user: UserID | None) -> Mapping[str, Any] | None:
        return await intents.state(room, str(SWITCHED_ON["type"]), as_user=user)

    tell = partial(_tell, bridge, stored)
    found = bridge.intents.envelopes = UnreadRooms(rows, stored.store.writer, settings, tell)
    return found


def _ghost_devices(where: str, stored: StoreSide) -> Callable[[RoomID], Awaitable[bool]] | None:
    """Whether ghosts have devices of their own in a room; None: in none."""

    async def wanted(room: RoomID) -> bool:
        portals = () if where == "all" else await stored.portals.in_room(room)
        return all(one.private for one in portals) and (where == "all" or bool(portals))

    return None if where == "none" else wanted


def _typed(stored: StoreSide, prefix: str, event: Mapping[str, Any]) -> str | None:
    """What follows the prefix of a command, in small letters; None: it is none."""
    text = text_of({**event, "content": stored.sealed.opened(event).content})
    typed = None if text is None else after(prefix, text)
    return None if typed is None else typed.lower()


async def _tell(bridge: Foundation, stored: StoreSide, room: RoomID, text: str, key: str) -> None:
    speaker = await _other(bridge, stored, room)
    # An earlier process may have said so.
    said = bridge.status.spells(text)
    await bridge.status.notice(room, said, key=key, speaker=speaker, doubtful=True)


async def _announce(status: Status, room: RoomID, key: str, text: str) -> None:
    await status.notice(room, text, key=key, doubtful=True)


async def _notice(
    bridge: Foundation, stored: StoreSide, one: Unread, text: str, *, doubtful: bool
) -> EventID | None:
    said: dict[str, Any] = {"msgtype": "m.notice", "body": text}
    say = partial(bridge.status.say, speaker=await _other(bridge, stored, one.room))
    if one.notice:
        content = replacing(EventID(one.notice), said)
        return await say(one.room, content, key=f"came {one.event}", doubtful=doubtful)
    said["m.mentions"] = {"user_ids": [one.sender]}
    said["m.relates_to"] = {"m.in_reply_to": {"event_id": one.event}}
    return await say(one.room, said, key=f"unread {one.event}", doubtful=doubtful)


async def _other(bridge: Foundation, stored: StoreSide, room: RoomID) -> UserID | None:
    """Whose ghost a direct chat is with: where a person made its room, the bot may not be in it."""
    for portal in await stored.portals.in_room(room):
        other = counterpart(portal)
        if other is not None:
            return bridge.config.namespaces.ghost(portal.key.network, other)
    return None


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


def work_of(
    encryption: Encryption | None, bridge: Foundation, stored: StoreSide, inbox: Inbox
) -> dict[str, Callable[[], Awaitable[object]]]:
    """What runs beside the lanes. Where encrypted rooms are not bridged any more, what waited for
    its key ends, in words, and ghosts lose their devices.
    """
    if encryption is not None:
        return encryption.work()
    notice, take_back = partial(_notice, bridge, stored), partial(_take_back, bridge)
    concerns_us = partial(_concerns_us, bridge, stored)
    reader, writer = stored.store.reader, stored.store.writer
    waiting = Waiting(
        *(UnreadEvents(reader), writer, None, lambda: inbox, notice),
        *(take_back, concerns_us, bridge.clock, 0.0),
    )
    ghosts = GhostDeviceCalls(bridge.homeserver), GhostDeviceRows(reader)
    clearing = Clearing(*ghosts, writer, bridge.clock)
    return {"unread events": waiting.run, "devices of ghosts": clearing.run}


async def begin(encryption: Encryption | None) -> None:
    """Before anything is sent, and after the epoch: which device it is hangs on that."""
    if encryption is not None:
        await encryption.begin()
