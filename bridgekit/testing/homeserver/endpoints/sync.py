"""GET /sync, as far as it is about devices: a client that wants rooms of it is refused."""

from __future__ import annotations

import json
from typing import Any

from bridgekit.testing.homeserver.calls import Call, Route
from bridgekit.testing.homeserver.devices import MOST_AT_ONCE, Device
from bridgekit.testing.homeserver.errors import MatrixError

JSON = dict[str, Any]


async def sync(call: Call) -> JSON:
    """What came since, or what comes within the timeout; up to `since` it has arrived."""
    _check(call)
    mail, news = _place(call.query.get("since"))
    device = call.world.devices.of(call.user).get(call.device or "")
    if device is not None:
        device.read(mail)
    # Nothing to go on from: there is an answer at once.
    seconds = int(call.query.get("timeout", "0")) / 1000 if "since" in call.query else 0.0
    if seconds and not _found(call, device, news):
        try:
            async with call.world.clock.timeout(seconds):
                await _come(call, device, news)
        except TimeoutError:
            pass
    return _answer(call, device, mail, news)


def _check(call: Call) -> None:
    if call.appservice is not None and call.user == call.appservice.sender:
        # Synapse: "We no longer support AS users using /sync".
        raise MatrixError(500, "M_UNKNOWN", "Internal server error")
    wanted = json.loads(call.query.get("filter", "{}"))
    if wanted.get("room", {}).get("rooms") != []:
        raise MatrixError(501, "M_UNRECOGNIZED", "This homeserver syncs no rooms: use /messages")


async def _come(call: Call, device: Device | None, news: int) -> None:
    async for _ in call.world.changes.each():
        if _found(call, device, news):
            return


def _found(call: Call, device: Device | None, news: int) -> bool:
    if device is not None and device.mail:
        return True
    return len(call.world.devices.news) > news and bool(_changed(call, news))


def _changed(call: Call, news: int) -> set[str]:
    """Whose devices they have to look at anew: of those that are in a room with them.

    Who comes to a room is not among them, nor is it said who left, where no rooms are asked for.
    """
    rooms = [set(room.members()) for room in call.world.rooms.values()]
    seen = set[str]().union({call.user}, *(members for members in rooms if call.user in members))
    return seen.intersection(call.world.devices.news[news:])


def _answer(call: Call, device: Device | None, mail: int, news: int) -> JSON:
    some = list(device.mail)[:MOST_AT_ONCE] if device is not None else []
    now = len(call.world.devices.news)
    answer: JSON = {
        "next_batch": f"s{some[-1][0] if some else mail}_{now}",
        "device_one_time_keys_count": device.counts if device is not None else {},
        "device_unused_fallback_key_types": sorted(device.unused) if device is not None else [],
    }
    if some:
        answer["to_device"] = {"events": [event for _, event in some]}
    if "since" in call.query and (changed := _changed(call, news)):
        answer["device_lists"] = {"changed": sorted(changed)}
    return answer


def _place(since: str | None) -> tuple[int, int]:
    """Up to where messages and news were read; with no `since`: from where they begin."""
    if since is None:
        return 0, 0
    mail, _, news = since.removeprefix("s").partition("_")
    if not (mail.isdecimal() and news.isdecimal()):
        raise MatrixError(400, "M_UNKNOWN", "Invalid stream token")
    return int(mail), int(news)


ROUTES = [Route("GET", "/sync", sync)]
