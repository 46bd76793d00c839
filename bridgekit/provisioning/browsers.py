"""Pages of other origins may call the API: what they may do, their token says, and no cookie."""

from __future__ import annotations

from aiohttp import web

from bridgekit.provisioning.answering import Handler
from bridgekit.provisioning.repeating import HEADER

ALLOWED = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
    "Access-Control-Allow-Headers": f"Authorization, Content-Type, {HEADER}",
    "Access-Control-Max-Age": "86400",
}
ANYWHERE = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Retry-After",
}


@web.middleware
async def from_anywhere(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what a browser asks before (Fetch standard, "CORS-preflight request")."""
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        return web.Response(status=204, headers=ALLOWED | ANYWHERE)
    response = await handler(request)
    response.headers.update(ANYWHERE)
    return response
