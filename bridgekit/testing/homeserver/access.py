"""Whose request is this? Tokens, masquerading and its limits (application service API 2.3.2)."""

from __future__ import annotations

import hmac
from typing import NamedTuple

from bridgekit.testing.homeserver.appservices import AppService
from bridgekit.testing.homeserver.calls import Request
from bridgekit.testing.homeserver.errors import MatrixError, forbidden
from bridgekit.testing.homeserver.world import World


class Requester(NamedTuple):
    user: str
    appservice: AppService | None
    device: str | None


ANYBODY = Requester("", None, None)


def identify(world: World, request: Request) -> Requester:
    """Who makes this request; refuses as Synapse does, in its words."""
    if not request.token:
        raise MatrixError(401, "M_MISSING_TOKEN", "Missing access token")
    if user := world.access_tokens.get(request.token):
        return Requester(user, None, world.token_devices.get(request.token))
    service = appservice_of(world, request.token)
    if service is None:
        raise MatrixError(401, "M_UNKNOWN_TOKEN", "Invalid access token passed.")
    user = _masquerade(world, service, request.query.get("user_id"))
    return Requester(user, service, _device(world, user, request.query.get("device_id")))


def appservice_of(world: World, token: str | None) -> AppService | None:
    for service in world.appservices.values():
        if token and hmac.compare_digest(service.as_token.encode(), token.encode()):
            return service
    return None


def _masquerade(world: World, service: AppService, user_id: str | None) -> str:
    if user_id is None or user_id == service.sender:
        return service.sender
    if not service.knows_user(user_id):
        raise forbidden(f"Application service cannot masquerade as this user ({user_id}).")
    if user_id not in world.accounts:
        raise forbidden(f"Application service has not registered this user ({user_id})")
    return user_id


def _device(world: World, user: str, device: str | None) -> str | None:
    """As which device of that user it is made (MSC4326)."""
    if device is not None and device not in world.devices.of(user):
        error = f"Application service trying to use a device that doesn't exist ('{device}' for"
        raise MatrixError(400, "M_UNKNOWN_DEVICE", f"{error} {user})")
    return device
