"""The ping by which an application service learns whether it can be reached."""

from __future__ import annotations

from typing import Any

from bridgekit.testing.homeserver.calls import Call, Route
from bridgekit.testing.homeserver.errors import MatrixError, forbidden
from bridgekit.testing.homeserver.outbound import UnreachableError

JSON = dict[str, Any]

_OK = range(200, 300)


async def ping(call: Call) -> JSON:
    """POST /appservice/{id}/ping (application service API 2.3.1)."""
    service = call.appservice
    if service is None:
        raise forbidden("Only application services can use the /appservice/ping endpoint")
    if service.id != call.params["id"]:
        raise forbidden("Mismatching application service ID in path")
    if service.url is None:
        error = "The application service does not have a URL set"
        raise MatrixError(400, "M_URL_NOT_SET", error)
    start = call.world.clock.monotonic()
    try:
        status, body = await call.outbound.ping(service, call.json.get("transaction_id"))
    except UnreachableError as error:
        raise MatrixError(502, "M_CONNECTION_FAILED", str(error)) from error
    if status not in _OK:
        extra = {"status": status, "body": body}
        raise MatrixError(502, "M_BAD_STATUS", f"HTTP {status}", extra)
    call.outbound.reached(service)
    return {"duration_ms": int((call.world.clock.monotonic() - start) * 1000)}


ROUTES = [Route("POST", "/appservice/{id}/ping", ping)]
