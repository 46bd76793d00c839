"""One's own devices, and messages to those of others."""

from __future__ import annotations

from typing import Any

from bridgekit.testing.homeserver.calls import Call, Route
from bridgekit.testing.homeserver.devices import Device
from bridgekit.testing.homeserver.errors import MatrixError, not_found

JSON = dict[str, Any]


async def devices(call: Call) -> JSON:
    found = call.world.devices.of(call.user).values()
    return {"devices": [_shown(call.user, device) for device in found]}


async def device(call: Call) -> JSON:
    found = call.world.devices.of(call.user).get(call.params["device"])
    if found is None:
        raise not_found("No device found")
    return _shown(call.user, found)


def _shown(user: str, one: Device) -> JSON:
    seen = {"last_seen_ip": None, "last_seen_ts": None}
    return {"device_id": one.id, "display_name": one.name, "user_id": user, **seen}


async def put_device(call: Call) -> JSON:
    """An application service makes devices so (MSC4190); others give theirs a name."""
    name, known = call.params["device"], call.world.devices
    if call.appservice is None and name not in known.of(call.user):
        raise not_found("Not found")
    known.make(call.user, name, call.json.get("display_name"))
    return {}


async def delete_device(call: Call) -> JSON:
    """Synapse asks an application service for no password (MSC4190); others it does."""
    if call.appservice is None:
        raise MatrixError(401, "M_UNAUTHORIZED", "Say again who you are.")
    call.world.remove_device(call.user, call.params["device"])
    return {}


async def logout(call: Call) -> JSON:
    """Ends the token, and the device with it."""
    call.world.access_tokens.pop(call.request.token or "", None)
    if call.device is not None:
        call.world.remove_device(call.user, call.device)
    return {}


async def send_to_device(call: Call) -> JSON:
    """PUT /sendToDevice/{type}/{txn}; the same again answers the same and does nothing."""
    messages = call.json.get("messages")
    if not isinstance(messages, dict):
        raise MatrixError(400, "M_MISSING_PARAM", "Missing params: ['messages']")
    key = (call.request.path, call.appservice.id if call.appservice else call.user)
    if key not in call.world.answered:
        call.world.devices.send(call.user, call.params["type"], messages)
        call.world.answered[key] = {}
    return {}


ROUTES = [
    Route("GET", "/devices", devices),
    Route("GET", "/devices/{device}", device),
    Route("PUT", "/devices/{device}", put_device),
    Route("DELETE", "/devices/{device}", delete_device),
    Route("POST", "/logout", logout),
    Route("PUT", "/sendToDevice/{type}/{txn}", send_to_device),
]
