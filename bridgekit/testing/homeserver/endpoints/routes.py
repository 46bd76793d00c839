"""Every endpoint of the fake homeserver; a route's name is its path below `/_matrix/client/v3`."""

from bridgekit.testing.homeserver.calls import Route
from bridgekit.testing.homeserver.endpoints import (
    account,
    aliases,
    appservice,
    ephemeral,
    media,
    members,
    profile,
    rooms,
    send,
    timeline,
)

ROUTES: list[Route] = [
    *account.ROUTES,
    *aliases.ROUTES,
    *appservice.ROUTES,
    *ephemeral.ROUTES,
    *media.ROUTES,
    *members.ROUTES,
    *profile.ROUTES,
    *rooms.ROUTES,
    *send.ROUTES,
    *timeline.ROUTES,
]
