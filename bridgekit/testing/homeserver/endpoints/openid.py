"""OpenID: a token by which others are told who somebody is (client API, server-server API)."""

from __future__ import annotations

from typing import Any

from bridgekit.testing.homeserver.calls import Call, Route
from bridgekit.testing.homeserver.errors import MatrixError, forbidden

JSON = dict[str, Any]
_LASTS = 3600  # seconds


async def request_token(call: Call) -> JSON:
    if call.params["user"] != call.user:
        raise forbidden("Cannot request tokens for other users.")
    token = call.world.token()
    call.world.openid_tokens[token] = call.user
    return {
        "access_token": token,
        "token_type": "Bearer",
        "matrix_server_name": call.world.domain,
        "expires_in": _LASTS,
    }


async def userinfo(call: Call) -> JSON:
    user = call.world.openid_tokens.get(call.query.get("access_token", ""))
    if user is None:
        raise MatrixError(401, "M_UNKNOWN_TOKEN", "Access Token unknown or expired")
    return {"sub": user}


ROUTES = [
    Route("POST", "/user/{user}/openid/request_token", request_token),
    Route("GET", "/_matrix/federation/v1/openid/userinfo", userinfo, access=False),
]
