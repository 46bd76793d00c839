"""The checks of `doctor` on encrypted rooms: which there are, and the device that reads them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.bridge import database_url
from bridgekit.cli.asking import OK, Answer, Asking, patient
from bridgekit.cli.output import count
from bridgekit.configuration.config import Config
from bridgekit.configuration.settings import SQLiteFile
from bridgekit.errors import DatabaseError
from bridgekit.ids import RoomID
from bridgekit.mistakes.mistake import Mistake
from bridgekit.mistakes.of_homeservers import (
    BOT_IS_SENDER,
    DEVICE_BY_LOGIN,
    DEVICE_LOST,
    DEVICE_UNKNOWN,
    ENCRYPTED_ROOM,
    PLAIN_ROOM,
    UNREAD_EVENTS,
)
from bridgekit.models import Portal
from bridgekit.sealing import Sealing, Unreadable
from bridgekit.store.beside import reading
from bridgekit.store.encryption import EncryptionRows, OwnDevice
from bridgekit.store.portals import PortalRows
from bridgekit.store.unread_events import UnreadEvents

_AT_ONCE = 8
_NAMED = 5  # rooms; the rest is counted


async def rooms(config: Config) -> AsyncIterator[Finding]:
    """Every room that the bot is in; nothing where the homeserver does not say which those are."""
    async with patient() as session:
        ask = Asking(config, session)
        joined = await ask.rooms_of_bot()
        if not joined:
            return
        slots = asyncio.Semaphore(_AT_ONCE)

        async def asked(room: str) -> bool:
            async with slots:
                return await is_encrypted(ask.as_bot, room)

        secret = await asyncio.gather(*(asked(room) for room in joined))
    async for finding in _findings(config, dict(zip(joined, secret, strict=True))):
        yield finding


async def _findings(config: Config, secret: dict[str, bool]) -> AsyncIterator[Finding]:
    """`secret` says of each room whether it is encrypted."""
    found = [room for room, one in secret.items() if one]
    total = f"{count(len(secret), 'room')} of the bot:"
    chats = await _chats(config, secret)
    if found and not config.encryption.on:
        yield _named(chats, ENCRYPTED_ROOM, found, "encrypted")
        return
    demanded = config.encryption.demanded_in
    plain = [room for room, one in secret.items() if not one and demanded(room)]
    # Of a space, or a room where people give commands, nothing crosses in any case.
    plain = [room for room in plain if chats is None or chats[room]]
    if plain:
        yield _named(chats, PLAIN_ROOM, plain, "not encrypted")
    said = f"{len(found)} encrypted" if found else "none is encrypted"
    yield Finding(Severity.OK, f"{total} {said}.")


async def _chats(config: Config, rooms: Iterable[str]) -> dict[str, tuple[Portal, ...]] | None:
    """Of these rooms; None where there is no database to read: its own check has said so."""
    try:
        async with reading(database_url(config)) as reader:
            rows = PortalRows(reader)
            return {room: await rows.in_room(RoomID(room)) for room in rooms}
    except DatabaseError:
        return None


def _named(
    chats: Mapping[str, Sequence[Portal]] | None,
    mistake: Mistake,
    found: Sequence[str],
    how: str,
) -> Finding:
    shown = ", ".join(_called(room, (chats or {}).get(room, ())) for room in found[:_NAMED])
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    verb = "is" if len(found) == 1 else "are"
    return mistake.found(f"{count(len(found), 'room')} {verb} {how}: {shown}{more}.")


def _called(room: str, portals: Sequence[Portal]) -> str:
    """A room, with its shared chats."""
    chats = [f"{one.key.chat} of {one.key.network}" for one in portals if not one.private]
    return f"{room} ({', '.join(chats)})" if chats else room


async def is_encrypted(ask: Callable[[str, str], Awaitable[Answer]], room: str) -> bool:
    """As somebody who is in the room."""
    answer = await ask("GET", f"v3/rooms/{quote(room, safe='')}/state/m.room.encryption")
    return answer.status == OK


async def device(config: Config, *, offline: bool = False) -> AsyncIterator[Finding]:
    """Whether the homeserver has the device that the database has, and what waits for keys.

    Nothing where there is no database to read: its own check has said so.
    """
    where = config.database
    if isinstance(where, SQLiteFile) and not where.is_there:
        return
    try:
        async with reading(database_url(config)) as reader:
            own = await EncryptionRows(reader).own()
            waiting, oldest = await UnreadEvents(reader).summary()
    except DatabaseError:
        return
    if waiting:
        since = datetime.fromtimestamp(oldest / 1000, UTC).astimezone()
        messages = count(waiting, "encrypted message")
        yield UNREAD_EVENTS.found(f"{messages}: the oldest since {since:%Y-%m-%d %H:%M}.")
    if own is None or not own.known:
        yield Finding(Severity.OK, "The bridge makes its device when it starts.")
        return
    if _has_login(config, own):
        yield DEVICE_BY_LOGIN.found()
    if not offline:
        async with patient() as session:
            yield await _device(Asking(config, session), own)


def _has_login(config: Config, own: OwnDevice) -> bool:
    from bridgekit.encryption.device import PLACE  # noqa: PLC0415 (loads the library)
    from bridgekit.encryption.unaided import has_token  # noqa: PLC0415 (likewise)

    try:
        return has_token(Sealing(config.appservice.sealing_keys).open(own.keys, PLACE + own.device))
    except Unreadable:
        return False  # the check of credentials says so


async def _device(ask: Asking, own: OwnDevice) -> Finding:
    bot = str(ask.config.namespaces.bot_mxid)
    if (await ask.whoami()).get("user_id") == bot:
        return BOT_IS_SENDER.found(f"{own.device} of {bot} cannot read its mail.")
    answer = await ask.as_bot("GET", "v3/devices")
    devices = (answer.content or {}).get("devices")
    if answer.status != OK or not isinstance(devices, list):
        return DEVICE_UNKNOWN.found(f"Asked for the devices of {bot}, it says: {answer}.")
    known = {one.get("device_id") for one in devices if isinstance(one, dict)}
    if own.device not in known:
        return DEVICE_LOST.found(f"The homeserver does not know {own.device} of {bot}.")
    wanted = {"device_keys": {bot: [own.device]}}
    keys = (await ask.as_bot("POST", "v3/keys/query", wanted)).content or {}
    theirs = (keys.get("device_keys") or {}).get(bot) or {}
    if own.device not in theirs:
        return DEVICE_LOST.found(f"The homeserver has no keys of {own.device} of {bot}.")
    return Finding(Severity.OK, f"The homeserver has the bridge's device, {own.device}.")
