"""The first words with the homeserver: it must take us for us, and do what is configured."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import structlog

from bridgekit import retry
from bridgekit.clock import Clock
from bridgekit.configuration.config import Config
from bridgekit.errors import ConfigError, RetryLater
from bridgekit.matrix.api import Refused, TokenUnknown
from bridgekit.matrix.appservice import AppService
from bridgekit.matrix.intents import Intents

log = structlog.get_logger()

NOT_KNOWN = (
    "appservice.as_token: the homeserver does not know this token; either it does not load the "
    "registration (list the file in its configuration and restart it), or the registration holds "
    "another token (`bridgekit registration` prints the right one)"
)


async def homeserver_ready(
    config: Config, intents: Intents, appservice: AppService, clock: Clock
) -> None:
    """Wait until the homeserver answers; raises `ConfigError` if it does not take us for us."""
    attempts = 0
    while True:
        try:
            await _identify(config, intents, appservice)
            await _check_rooms(config, appservice)
        except TokenUnknown as error:
            raise ConfigError(NOT_KNOWN) from error
        except RetryLater as error:
            attempts += 1
            wait = min(30.0, error.after or retry.backoff(attempts, 0.5))
            log.warning("waiting for the homeserver", why=str(error), again_in=f"{wait:.0f} s")
            await clock.sleep(wait)
        else:
            return


async def _identify(config: Config, intents: Intents, appservice: AppService) -> None:
    try:
        await appservice.versions()
        await intents.register(config.appservice.bot)
        user = await appservice.whoami()
    except Refused as refused:
        raise ConfigError(_why_refused(config, refused)) from refused
    if user != intents.bot:
        raise ConfigError(
            f"homeserver.domain, appservice.bot: the homeserver takes this bridge for {user}, the "
            f"configuration says {intents.bot}; make them the same in both files"
        )


async def _check_rooms(config: Config, appservice: AppService) -> None:
    """A room version that there is not would keep every room from being made."""
    wanted = config.rooms.version
    if wanted is None:
        return
    known: Mapping[str, str] = {}
    with suppress(Refused):  # some homeservers do not say
        known = await appservice.room_versions()
    if known and wanted not in known:
        raise ConfigError(no_such_version(wanted, known))


def no_such_version(wanted: str, known: Mapping[str, str]) -> str:
    """What is said of a room version that the homeserver does not make."""
    stable = ", ".join(version for version, how in known.items() if how == "stable")
    return (
        f"rooms.version: the homeserver makes no rooms of version {wanted}; write one of "
        f"{stable}, or leave it out"
    )


def _why_refused(config: Config, refused: Refused) -> str:
    if refused.code in ("M_EXCLUSIVE", "M_FORBIDDEN"):
        return (
            f"appservice.bot: the homeserver does not let this bridge be @{config.appservice.bot}:"
            f"{config.homeserver.domain} ({refused}); its registration is another one: print it "
            "with `bridgekit registration`, install it and restart the homeserver"
        )
    return f"homeserver.url: {refused}; is {config.homeserver.url} a Matrix homeserver?"
