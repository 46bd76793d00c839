"""Public keys of devices: given to the homeserver, asked of it, claimed. It checks no signature."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridgekit.testing.homeserver.calls import Call, Route
from bridgekit.testing.homeserver.devices import Device
from bridgekit.testing.homeserver.errors import MatrixError

JSON = dict[str, Any]

_MOST = 1000  # one-time keys of a device and algorithm
_SIGNING = ("master_key", "self_signing_key", "user_signing_key")


async def upload(call: Call) -> JSON:
    device, body = _own(call), call.json
    given = body.get("device_keys")
    for name, own in (("user_id", call.user), ("device_id", device.id)):
        if given is not None and given.get(name) != own:
            error = f"Provided `{name}` in `device_keys` does not match that of the authenticated"
            raise MatrixError(400, "M_BAD_JSON", f"{error} user")
    for kind in ("one_time_keys", "fallback_keys"):
        if any(name.count(":") != 1 for name in body.get(kind) or ()):
            raise MatrixError(400, "M_BAD_JSON", f"Invalid {kind} key")
    if given is not None and given != device.keys:
        device.keys = given
        call.world.devices.changed(call.user)
    _take_one_time(device, body.get("one_time_keys") or {})
    for name, key in (body.get("fallback_keys") or {}).items():
        _take_fallback(device, name, key)
    return {"one_time_key_counts": device.counts}


def _own(call: Call) -> Device:
    if call.device is None:
        error = "To upload keys, you must pass device_id when authenticating"
        raise MatrixError(400, "M_UNKNOWN", error)
    return call.world.devices.of(call.user)[call.device]


def _take_one_time(device: Device, keys: JSON) -> None:
    """All or none. One that was claimed is known no more: it would be taken again."""
    for name, key in keys.items():
        if device.one_time.get(name, key) != key:
            error = f"One time key {name} already exists. Old key: {device.one_time[name]}"
            raise MatrixError(400, "M_UNKNOWN", f"{error}; new key: {key!r}")
    if len({*device.one_time, *keys}) > _MOST:
        raise MatrixError(400, "M_TOO_LARGE", f"Over the limit of {_MOST} one-time keys")
    device.one_time |= keys


def _take_fallback(device: Device, name: str, key: JSON) -> None:
    """The one of its algorithm, from now on."""
    algorithm = name.partition(":")[0]
    if device.fallback.get(name) == key:
        return
    others = {one: kept for one, kept in device.fallback.items() if not one.startswith(algorithm)}
    device.fallback = {**others, name: key}
    device.unused.add(algorithm)


async def query(call: Call) -> JSON:
    """Users of other homeservers cannot be asked for: those do not answer."""
    asked = call.json.get("device_keys")
    if not isinstance(asked, dict):
        raise MatrixError(400, "M_BAD_JSON", "'device_keys' must be a JSON object")
    here = {user: wanted for user, wanted in asked.items() if _is_here(call, user)}
    signing = call.world.devices.signing
    answer: JSON = {"device_keys": {}, "failures": _silent(call, asked)}
    for user, wanted in here.items():
        answer["device_keys"][user] = dict(_keys_of(call, user, wanted))
    for kind in _SIGNING:
        seen = [user for user in here if kind != "user_signing_key" or user == call.user]
        answer[f"{kind}s"] = {
            user: signing[user][kind] for user in seen if kind in signing.get(user, {})
        }
    return answer


def _keys_of(call: Call, user: str, wanted: list[str]) -> Iterator[tuple[str, JSON]]:
    for device in call.world.devices.of(user).values():
        if device.keys is not None and (not wanted or device.id in wanted):
            named = {"device_display_name": device.name} if device.name else {}
            yield device.id, {**device.keys, "unsigned": named}


async def claim(call: Call) -> JSON:
    asked = call.json.get("one_time_keys")
    if not isinstance(asked, dict):
        raise MatrixError(400, "M_BAD_JSON", "'one_time_keys' must be a JSON object")
    given: dict[str, dict[str, JSON]] = {}
    for user in filter(lambda one: _is_here(call, one), asked):
        for name, algorithm in asked[user].items():
            device = call.world.devices.of(user).get(name)
            found = device.claim(algorithm) if device is not None else {}
            if found:
                given.setdefault(user, {})[name] = found
    call.world.changes.notify()
    return {"one_time_keys": given, "failures": _silent(call, asked)}


def _is_here(call: Call, user: str) -> bool:
    return user.endswith(f":{call.world.domain}")


def _silent(call: Call, users: JSON) -> JSON:
    others = {user.partition(":")[2] for user in users if not _is_here(call, user)}
    return {domain: {"status": 503, "message": "Not ready for retry"} for domain in sorted(others)}


async def upload_signing(call: Call) -> JSON:
    """Cross-signing keys; a password is asked for but for the first, and not of a service."""
    known = call.world.devices.signing.setdefault(call.user, {})
    given = {kind: call.json[kind] for kind in _SIGNING if kind in call.json}
    if known and call.appservice is None and any(known.get(one) != given[one] for one in given):
        raise MatrixError(401, "M_UNAUTHORIZED", "Say again who you are.")
    if not ("master_key" in given or "master_key" in known):
        raise MatrixError(400, "M_INVALID_PARAM", "No master key available")
    known |= given
    call.world.devices.changed(call.user)
    return {}


async def upload_signatures(call: Call) -> JSON:
    """Of one's own devices and keys; those of others this homeserver does not keep."""
    failures: JSON = {}
    for name, signed in call.json.get(call.user, {}).items():
        if not _sign(call, name, signed.get("signatures", {}).get(call.user, {})):
            error = {"errcode": "M_NOT_FOUND", "error": "No such key"}
            failures.setdefault(call.user, {})[name] = error
    call.world.devices.changed(call.user)
    return {"failures": failures}


def _sign(call: Call, name: str, signatures: JSON) -> bool:
    """Add signatures to a device's keys, or to a key that signs (named by itself)."""
    device = call.world.devices.of(call.user).get(name)
    keys = [device.keys] if device is not None and device.keys is not None else []
    for signing in call.world.devices.signing.get(call.user, {}).values():
        keys += [signing] if name in signing.get("keys", {}).values() else []
    for key in keys:
        key.setdefault("signatures", {}).setdefault(call.user, {}).update(signatures)
    return bool(keys)


ROUTES = [
    Route("POST", "/keys/upload", upload),
    Route("POST", "/keys/query", query),
    Route("POST", "/keys/claim", claim),
    Route("POST", "/keys/device_signing/upload", upload_signing),
    Route("POST", "/keys/signatures/upload", upload_signatures),
]
