"""What those who watch the bridge ask: /metrics, /healthz and /readyz.

Whether it is well anybody may know who reaches the port; what is in the way, and the numbers, only
who asks on the operator's own listener, or with the token.
"""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web
from pydantic import SecretStr

from bridgekit.metrics.health import Check, Health
from bridgekit.metrics.readings import Readings
from bridgekit.provisioning.tokens import same

PATH = "/_bridgekit"  # on the listener that the homeserver calls
FORMAT = "text/plain; version=0.0.4; charset=utf-8"
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Monitoring:
    """`token` None: whoever reaches our own listener may see everything, on the other nobody."""

    def __init__(self, health: Health, readings: Readings, token: SecretStr | None) -> None:
        self._health, self._readings, self._token = health, readings, token

    def own(self) -> web.Application:
        """What a listener of its own answers."""
        app = web.Application()
        self._add(app, "", open_=self._token is None)
        return app

    def add_to(self, app: web.Application) -> None:
        """The same beside all else."""
        self._add(app, PATH, open_=False)

    def _add(self, app: web.Application, prefix: str, *, open_: bool) -> None:
        async def healthz(request: web.Request) -> web.Response:
            return _told(await self._health.alive(), whole=open_ or self._known(request))

        async def readyz(request: web.Request) -> web.Response:
            return _told(await self._health.ready(), whole=open_ or self._known(request))

        async def metrics(request: web.Request) -> web.Response:
            if not (open_ or self._known(request)):
                said = (
                    "Ask with `Authorization: Bearer` and operations.token of the configuration.\n"
                )
                return web.Response(status=401, text=said, headers=_HEADERS)
            # Loaded where somebody asks: it is a third of a megabyte and some milliseconds.
            from bridgekit.metrics.families import exposed  # noqa: PLC0415

            body = exposed(await self._readings.take())
            return web.Response(body=body, headers={**_HEADERS, "Content-Type": FORMAT})

        for name, answer in (("healthz", healthz), ("readyz", readyz), ("metrics", metrics)):
            app.router.add_get(f"{prefix}/{name}", answer)

    def _known(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return self._token is not None and same(given, self._token.get_secret_value())


def _told(checks: Sequence[Check], *, whole: bool) -> web.Response:
    """200 or 503; with `whole` also why, as JSON."""
    well = all(check.well for check in checks)
    status = 200 if well else 503
    if not whole:
        return web.Response(status=status, text="ok\n" if well else "not ok\n", headers=_HEADERS)
    said = {"ok": well, "checks": {check.what: check.said for check in checks}}
    return web.json_response(said, status=status, headers=_HEADERS)
