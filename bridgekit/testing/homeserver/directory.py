"""Room aliases: who may make and remove them, and how an unknown one is asked for."""

from __future__ import annotations

from typing import Any

from bridgekit.testing.homeserver.appservices import AppService
from bridgekit.testing.homeserver.errors import MatrixError, forbidden, not_found
from bridgekit.testing.homeserver.outbound import Outbound
from bridgekit.testing.homeserver.world import Alias, World

JSON = dict[str, Any]


async def resolve_alias(world: World, outbound: Outbound, alias: str) -> str:
    """The room of an alias; an application service that claims it is asked to make one first."""
    if alias not in world.aliases:
        for service in world.appservices.values():
            claimed = service.url is not None and service.knows_alias(alias)
            if claimed and await outbound.knows_alias(service, alias):
                break
    if alias not in world.aliases:
        raise not_found(f"Room alias {alias} not found")
    return world.aliases[alias].room


def check_alias(world: World, alias: str, service: AppService | None) -> None:
    """Refuse an alias that `service` (None: a person) may not make."""
    if not alias.startswith("#") or alias.rpartition(":")[2] != world.domain:
        raise MatrixError(400, "M_UNKNOWN", "Room alias must be local")
    _check_namespace(world, alias, service)


def add_alias(
    world: World, alias: str, room_id: str, creator: str, service: AppService | None
) -> None:
    check_alias(world, alias, service)
    if alias in world.aliases:
        raise MatrixError(409, "M_UNKNOWN", f"Room alias {alias} already exists")
    world.aliases[alias] = Alias(room_id, creator)
    world.changes.notify()


def remove_alias(world: World, alias: str, user: str, service: AppService | None) -> None:
    """An application service may remove any alias it claims, also one that is not there."""
    if service is None:
        if alias not in world.aliases:
            raise not_found("Unknown room alias")
        if world.aliases[alias].creator != user:
            raise forbidden("You don't have permission to delete the alias.")
    _check_namespace(world, alias, service)
    world.aliases.pop(alias, None)
    world.changes.notify()


def _check_namespace(world: World, alias: str, service: AppService | None) -> None:
    if service is not None:
        if not service.knows_alias(alias):
            error = "This application service has not reserved this kind of alias."
            raise MatrixError(400, "M_EXCLUSIVE", error)
        return
    if any(other.owns_alias(alias) for other in world.appservices.values()):
        error = "This alias is reserved by an application service."
        raise MatrixError(400, "M_EXCLUSIVE", error)
