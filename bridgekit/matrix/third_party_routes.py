"""The homeserver's third-party look-ups, as HTTP (application service API)."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Protocol

import structlog
from aiohttp import web

from bridgekit.errors import RetryLater
from bridgekit.ids import RoomAlias, UserID

log = structlog.get_logger()

JSON = dict[str, Any]


class LookUps(Protocol):
    """Who answers; each but `protocol` may raise `RetryLater`."""

    def protocol(self, name: str) -> JSON | None: ...
    async def locations(self, protocol: str, fields: Mapping[str, str]) -> Sequence[JSON]: ...
    async def location(self, alias: RoomAlias) -> Sequence[JSON]: ...
    async def users(self, protocol: str, fields: Mapping[str, str]) -> Sequence[JSON]: ...
    async def user(self, mxid: UserID) -> Sequence[JSON]: ...


class ThirdPartyRoutes:
    """Under `/_matrix/app/v1/thirdparty`, and `unstable` for homeservers before Matrix 1.4."""

    def __init__(self, look_ups: LookUps) -> None:
        self._look_ups = look_ups

    def add_to(self, app: web.Application) -> None:
        for version in ("v1", "unstable"):
            prefix = f"/_matrix/app/{version}/thirdparty"
            app.router.add_get(prefix + "/protocol/{protocol}", self._protocol)
            app.router.add_get(prefix + "/location/{protocol}", self._locations)
            app.router.add_get(prefix + "/location", self._location)
            app.router.add_get(prefix + "/user/{protocol}", self._users)
            app.router.add_get(prefix + "/user", self._user)

    async def _protocol(self, request: web.Request) -> web.Response:
        found = self._look_ups.protocol(request.match_info["protocol"])
        return _unknown() if found is None else web.json_response(found)

    async def _locations(self, request: web.Request) -> web.Response:
        protocol = request.match_info["protocol"]
        return await _answer(self._look_ups.locations(protocol, request.query))

    async def _location(self, request: web.Request) -> web.Response:
        return await _answer(self._look_ups.location(RoomAlias(request.query.get("alias", ""))))

    async def _users(self, request: web.Request) -> web.Response:
        protocol = request.match_info["protocol"]
        return await _answer(self._look_ups.users(protocol, request.query))

    async def _user(self, request: web.Request) -> web.Response:
        return await _answer(self._look_ups.user(UserID(request.query.get("userid", ""))))


async def _answer(found: Awaitable[Sequence[JSON]]) -> web.Response:
    try:
        # Nothing found is an empty list; 404 is for a protocol that is none.
        return web.json_response(list(await found))
    except RetryLater:
        error = {"errcode": "M_LIMIT_EXCEEDED", "error": "Too many look-ups; ask later."}
        return web.json_response(error, status=429)
    except Exception as error:  # noqa: BLE001 (a look-up that fails has found nothing)
        log.warning("look-up failed", error=type(error).__name__)
        return web.json_response([])


def _unknown() -> web.Response:
    error = {"errcode": "M_NOT_FOUND", "error": "There is no such protocol."}
    return web.json_response(error, status=404)
