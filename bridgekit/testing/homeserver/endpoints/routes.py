"""Every endpoint of the fake homeserver; a route's name is its path below `/_matrix/client/v3`."""

from bridgekit.testing.homeserver.calls import Route
from bridgekit.testing.homeserver.endpoints import (
    account,
    aliases,
    appservice,
    devices,
    ephemeral,
    keys,
    listing,
    media,
    members,
    openid,
    profile,
    rooms,
    send,
    sync,
    timeline,
    upgrade,
)

ROUTES: list[Route] = [
    *account.ROUTES,
    *aliases.ROUTES,
    *appservice.ROUTES,
    *devices.ROUTES,
    *ephemeral.ROUTES,
    *keys.ROUTES,
    *listing.ROUTES,
    *media.ROUTES,
    *members.ROUTES,
    *openid.ROUTES,
    *profile.ROUTES,
    *rooms.ROUTES,
    *send.ROUTES,
    *sync.ROUTES,
    *timeline.ROUTES,
    *upgrade.ROUTES,
]
