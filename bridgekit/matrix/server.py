"""What the homeserver calls (spec: Application Service API): transactions, queries, ping."""

from __future__ import annotations

import hmac
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import structlog
from aiohttp import web

from bridgekit.ids import RoomAlias, UserID
from bridgekit.matrix.counting import KeptBack
from bridgekit.matrix.reading import read_json
from bridgekit.matrix.third_party_routes import LookUps, ThirdPartyRoutes

log = structlog.get_logger()

WAKE = "/_bridgekit/wake"  # `bridgekit queue retry` beside a running bridge asks here
LARGEST = 64 << 20  # bytes; a hundred of the largest events are a tenth of it
WARN_AGAIN = 60.0  # seconds; anybody who finds the port can make us warn


class Events(Protocol):
    """Where transactions go."""

    async def accept(self, txn: str, body: str, content: Mapping[str, Any]) -> None: ...


class Server:
    """`on_alias` and `on_user` say whether such a room or user exists (now).

    `on_wake` is called when another process of ours has changed the queue. While `hs_token` is
    being changed there are two, and either is right.
    """

    def __init__(
        self,
        hs_token: str | Sequence[str],
        events: Events,
        on_alias: Callable[[RoomAlias], Awaitable[bool]],
        on_user: Callable[[UserID], Awaitable[bool]],
        *,
        third_party: LookUps | None = None,
        on_wake: Callable[[], Awaitable[object]] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        given = [hs_token] if isinstance(hs_token, str) else hs_token
        self._tokens = [token.encode() for token in given]
        self._monotonic, self._warned = monotonic, float("-inf")
        self._events, self._on_alias, self._on_user = events, on_alias, on_user
        self.pings: deque[str] = deque(maxlen=100)  # the transaction IDs of the latest
        self.app = web.Application(client_max_size=LARGEST, middlewares=[self._guard])
        for prefix in ("/_matrix/app/v1", ""):  # older homeservers: without the prefix
            self.app.router.add_put(prefix + "/transactions/{txn}", self._transaction)
            self.app.router.add_get(prefix + "/rooms/{alias}", self._alias)
            self.app.router.add_get(prefix + "/users/{user}", self._user)
        self.app.router.add_post("/_matrix/app/v1/ping", self._ping)
        if third_party is not None:
            ThirdPartyRoutes(third_party).add_to(self.app)
        if on_wake is not None:
            self.app.router.add_post(WAKE, partial(_wake, on_wake))

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        header = request.headers.get("Authorization", "")
        # Headers are bytes: what is not UTF-8 in them comes as lone surrogates.
        given = header.removeprefix("Bearer ").encode("utf-8", "surrogateescape")
        if not given:
            return _error(401, "M_MISSING_TOKEN", "No token was given in the Authorization header.")
        if not sum(hmac.compare_digest(given, token) for token in self._tokens):
            self._warn_of_token()
            return _error(403, "M_FORBIDDEN", "This is not the hs_token of the registration.")
        return await handler(request)

    def _warn_of_token(self) -> None:
        if self._monotonic() - self._warned < WARN_AGAIN:
            return
        self._warned = self._monotonic()
        log.warning(
            "a request with another hs_token was refused: "
            "does the homeserver hold the registration that belongs to this configuration?"
        )

    async def _transaction(self, request: web.Request) -> web.Response:
        try:
            body = (await request.read()).decode()
            content = read_json(body)
        except web.HTTPRequestEntityTooLarge:
            return _error(413, "M_TOO_LARGE", f"A transaction has at most {LARGEST} bytes.")
        except ValueError:
            return _error(400, "M_NOT_JSON", "The transaction is not JSON.")
        except RecursionError:
            # Refused, it would come again for ever, and nothing after it: it is set aside later.
            content = {"events": [None]}
        if not isinstance(content, dict):
            return _error(400, "M_BAD_JSON", "The transaction is not an object.")
        try:
            await self._events.accept(request.match_info["txn"], body, content)
        except KeptBack:
            return _error(503, "M_UNKNOWN", "Transactions before this one are missing: they first.")
        except Exception as error:  # noqa: BLE001 (whatever it was: it is not stored, so it is not 200)
            # Its text may hold what was to be stored.
            log.warning(
                "transaction not stored; the homeserver will repeat it", error=type(error).__name__
            )
            return _error(500, "M_UNKNOWN", "The transaction could not be stored; send it again.")
        return web.json_response({})  # the commit came first: this is the acknowledgement

    async def _alias(self, request: web.Request) -> web.Response:
        return await self._query(self._on_alias(RoomAlias(request.match_info["alias"])))

    async def _user(self, request: web.Request) -> web.Response:
        return await self._query(self._on_user(UserID(request.match_info["user"])))

    async def _query(self, exists: Awaitable[bool]) -> web.Response:
        try:
            found = await exists
        except Exception as error:  # noqa: BLE001 (an unknown alias must never be answered 200)
            log.warning("query failed", error=type(error).__name__)
            found = False
        return web.json_response({}) if found else _error(404, "M_NOT_FOUND", "It does not exist.")

    async def _ping(self, request: web.Request) -> web.Response:
        try:
            content = read_json((await request.read() or b"{}").decode())
        except (ValueError, RecursionError):
            return _error(400, "M_NOT_JSON", "The ping is not JSON.")
        if isinstance(content, dict) and isinstance(content.get("transaction_id"), str):
            self.pings.append(content["transaction_id"])
        return web.json_response({})


async def _wake(on_wake: Callable[[], Awaitable[object]], request: web.Request) -> web.Response:
    del request  # whoever may ask may ask no more than this
    await on_wake()
    return web.json_response({})


def _error(status: int, code: str, sentence: str) -> web.Response:
    return web.json_response({"errcode": code, "error": sentence}, status=status)
