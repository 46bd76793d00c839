"""One request, as the endpoints see it, whether it came over a socket or from a `Person`."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote

from bridgekit.testing.homeserver.appservices import AppService
from bridgekit.testing.homeserver.errors import MatrixError
from bridgekit.testing.homeserver.outbound import Outbound
from bridgekit.testing.homeserver.world import World

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bytes:
    """An answer that is not JSON."""

    data: bytes
    content_type: str


Answer = JSON | Bytes


@dataclass(frozen=True, slots=True)
class Request:
    """`path` as it was sent, still percent-encoded, without the query."""

    method: str
    path: str
    query: Mapping[str, str]
    token: str | None
    body: bytes = b""
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Call:
    """A request that found its endpoint, by somebody who may make it.

    `user` is whom it is made as, and `device` as which device of theirs; `appservice` is set if it
    came with an `as_token`.
    """

    world: World
    outbound: Outbound
    request: Request
    params: Mapping[str, str]
    user: str
    appservice: AppService | None
    device: str | None

    @property
    def json(self) -> JSON:
        if not self.request.body:
            return {}
        try:
            body = json.loads(self.request.body)
        except ValueError as error:
            raise MatrixError(400, "M_NOT_JSON", "Content not JSON.") from error
        if not isinstance(body, dict):
            raise MatrixError(400, "M_BAD_JSON", "Content must be a JSON object.")
        return body

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query

    @property
    def timestamp(self) -> int | None:
        """`ts` (application service API 2.3.4 "Timestamp massaging"), heeded only for those."""
        return int(self.query["ts"]) if self.appservice and "ts" in self.query else None


Endpoint = Callable[[Call], Awaitable[Answer]]


class Route(NamedTuple):
    """`access` is False where no token is asked for."""

    method: str
    template: str
    endpoint: Endpoint
    access: bool = True


class Match(NamedTuple):
    route: Route
    params: Mapping[str, str]

    @property
    def name(self) -> str:
        """Such as `PUT /rooms/{room}/send/{type}/{txn}`."""
        return f"{self.route.method} {self.route.template}"


_CLIENT = re.compile(r"^/_matrix/client(?:/(?:r0|v1|v3))?(?=/)")
_MEDIA = re.compile(r"^/_matrix/media/(?:r0|v1|v3)(?=/)")


class Router:
    """Endpoints by method and template; a template leaves out `/_matrix/client/v3`."""

    def __init__(self, routes: list[Route]) -> None:
        self._routes: dict[tuple[str, int], list[tuple[list[str], Route]]] = {}
        for route in routes:
            parts = route.template.split("/")
            self._routes.setdefault((route.method, len(parts)), []).append((parts, route))

    def match(self, method: str, path: str) -> Match | None:
        parts = _short(method, path).split("/")
        for template, route in self._routes.get((method, len(parts)), []):
            pairs = list(zip(template, parts, strict=True))
            if all(want[:1] == "{" or want == got for want, got in pairs):
                params = {want[1:-1]: unquote(got) for want, got in pairs if want[:1] == "{"}
                return Match(route, params)
        return None


def _short(method: str, path: str) -> str:
    """`/rooms/…` for `/_matrix/client/v3/rooms/…`; uploads have a prefix of their own."""
    # Downloads are found below /_matrix/client only: Synapse serves no unauthenticated ones now.
    return _CLIENT.sub("", path if method == "GET" else _MEDIA.sub("/media", path))
