"""Versions, whoami, registration of ghosts, presence."""

from __future__ import annotations

from typing import Any

from bridgekit.testing.homeserver.access import appservice_of
from bridgekit.testing.homeserver.appservices import AppService
from bridgekit.testing.homeserver.calls import Call, Route
from bridgekit.testing.homeserver.creation import DEFAULT_VERSION, VERSIONS
from bridgekit.testing.homeserver.errors import MatrixError, forbidden
from bridgekit.testing.homeserver.membership import change_member

JSON = dict[str, Any]

_VERSIONS = [f"v1.{minor}" for minor in range(1, 16)]


async def versions(_call: Call) -> JSON:
    return {"versions": _VERSIONS, "unstable_features": {}}


async def capabilities(_call: Call) -> JSON:
    available = dict.fromkeys(VERSIONS, "stable")
    rooms = {"default": DEFAULT_VERSION, "available": available}
    return {"capabilities": {"m.room_versions": rooms}}


async def whoami(call: Call) -> JSON:
    device = {} if call.device is None else {"device_id": call.device}
    return {"user_id": call.user, "is_guest": False, **device}


async def register(call: Call) -> JSON:
    """Register a ghost (application service API 2.3.3); nobody else may register here."""
    body = call.json
    if body.get("type") != "m.login.application_service":
        raise forbidden("Registration has been disabled")
    service = appservice_of(call.world, call.request.token)
    if service is None:
        raise MatrixError(401, "M_UNKNOWN_TOKEN", "Invalid access token passed.")
    if not isinstance(body.get("username"), str):
        raise MatrixError(400, "M_UNKNOWN", "Desired Username is missing or not a string")
    user_id = f"@{body['username']}:{call.world.domain}"
    _check_user(call, service, user_id)
    if service.manages_devices and not body.get("inhibit_login"):
        error = "This appservice has MSC4190 enabled, so you must set inhibit_login=true"
        raise MatrixError(400, "M_APPSERVICE_LOGIN_UNSUPPORTED", error)
    call.world.add_account(user_id)
    call.world.changes.notify()
    answer = {"user_id": user_id, "home_server": call.world.domain}
    if not body.get("inhibit_login"):
        token = answer["access_token"] = call.world.add_access_token(user_id)
        answer["device_id"] = call.world.token_devices[token]
    return answer


async def log_in(call: Call) -> JSON:
    """An application service, as one of its users; nobody else may log in here."""
    body = call.json
    service = appservice_of(call.world, call.request.token)
    if body.get("type") != "m.login.application_service" or service is None:
        raise forbidden("Unknown login type")
    if service.manages_devices:
        error = "This appservice has MSC4190 enabled, so appservice login cannot be used."
        raise MatrixError(400, "M_APPSERVICE_LOGIN_UNSUPPORTED", error)
    user_id = str(body.get("identifier", {}).get("user"))
    if not service.knows_user(user_id) or user_id not in call.world.accounts:
        raise forbidden("Invalid username or password")
    token = call.world.add_access_token(user_id, body.get("device_id"))
    device = call.world.token_devices[token]
    call.world.devices.make(user_id, device, body.get("initial_device_display_name"))
    return {"user_id": user_id, "access_token": token, "device_id": device}


async def deactivate(call: Call) -> JSON:
    """Synapse asks an application service for no password of its users; others it does."""
    service = appservice_of(call.world, call.request.token)
    if service is None or not service.knows_user(call.user):
        raise MatrixError(401, "M_UNAUTHORIZED", "Say again who you are.")
    for room in call.world.rooms.values():
        if call.user in room.members():
            change_member(call.world, room, call.user, call.user, "leave", {})
    call.world.deactivated.add(call.user)
    call.world.changes.notify()
    return {"id_server_unbind_result": "success"}


def _check_user(call: Call, service: AppService, user_id: str) -> None:
    if not service.knows_user(user_id):
        error = "Invalid user localpart for this application service."
        raise MatrixError(400, "M_EXCLUSIVE", error)
    others = (other for other in call.world.appservices.values() if other is not service)
    if any(other.owns_user(user_id) for other in others):
        error = "This user ID is reserved by an application service."
        raise MatrixError(400, "M_EXCLUSIVE", error)
    if user_id in call.world.accounts:
        raise MatrixError(400, "M_USER_IN_USE", "User ID already taken.")


async def presence(call: Call) -> JSON:
    if call.params["user"] != call.user:
        raise forbidden("Can only set your own presence state")
    return {}


def _kept(call: Call) -> tuple[str, str]:
    if call.params["user"] != call.user:
        raise forbidden("Cannot get or add account data for other users.")
    return call.user, call.params["type"]


async def set_account_data(call: Call) -> JSON:
    call.world.account_data[_kept(call)] = call.json
    return {}


async def account_data(call: Call) -> JSON:
    found = call.world.account_data.get(_kept(call))
    if found is None:
        raise MatrixError(404, "M_NOT_FOUND", "Account data not found")
    return found


def _in_room(call: Call) -> tuple[str, str]:
    user, kind = _kept(call)
    return user, f"{call.params['room']} {kind}"


async def set_room_account_data(call: Call) -> JSON:
    call.world.account_data[_in_room(call)] = call.json
    return {}


async def room_account_data(call: Call) -> JSON:
    return _there(call.world.account_data.get(_in_room(call)))


def _rule(call: Call) -> tuple[str, str]:
    """Push rules of a room are kept beside account data, where nothing is called so."""
    return call.user, f"{call.params['room']} push rule"


async def set_push_rule(call: Call) -> JSON:
    call.world.account_data[_rule(call)] = call.json
    return {}


async def push_rule(call: Call) -> JSON:
    return _there(call.world.account_data.get(_rule(call)))


async def delete_push_rule(call: Call) -> JSON:
    return _there(call.world.account_data.pop(_rule(call), None)) and {}


def _there(found: JSON | None) -> JSON:
    if found is None:
        raise MatrixError(404, "M_NOT_FOUND", "There is none")
    return found


ROUTES = [
    Route("GET", "/user/{user}/rooms/{room}/account_data/{type}", room_account_data),
    Route("PUT", "/user/{user}/rooms/{room}/account_data/{type}", set_room_account_data),
    Route("GET", "/pushrules/global/room/{room}", push_rule),
    Route("PUT", "/pushrules/global/room/{room}", set_push_rule),
    Route("DELETE", "/pushrules/global/room/{room}", delete_push_rule),
    Route("GET", "/user/{user}/account_data/{type}", account_data),
    Route("PUT", "/user/{user}/account_data/{type}", set_account_data),
    Route("GET", "/versions", versions, access=False),
    Route("GET", "/capabilities", capabilities),
    Route("GET", "/account/whoami", whoami),
    Route("POST", "/account/deactivate", deactivate),
    Route("POST", "/register", register, access=False),
    Route("POST", "/login", log_in, access=False),
    Route("PUT", "/presence/{user}/status", presence),
]
