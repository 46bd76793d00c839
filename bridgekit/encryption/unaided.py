"""A device that was made by a login, used without it once the homeserver lets us make devices.

Until then it is nobody's but the bot's: ghosts have none.
"""

from __future__ import annotations

import structlog

from bridgekit.encryption.device import Device
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.store.sql import Rows
from bridgekit.store.writer import Writer

log = structlog.get_logger()


async def unaided(device: Device, calls: DeviceCalls, writer: Writer) -> None:
    """Forget the token of its login, if it can do without."""
    if not device.made_by_login or not await calls.needs_no_login():
        return
    async with device.lock:
        calls.speak(device.row.device, "")
        await writer.write(Rows(device.saved()))
    log.info("the bridge's device needs its login no more")


def has_token(secrets: str) -> bool:
    """Whether what is sealed of a device holds the token of a login, behind its keys."""
    return " " in secrets
