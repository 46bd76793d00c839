"""The checks of `doctor` on the world around: clocks, other servers, the people who are named."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.cli.asking import Asking, patient
from bridgekit.cli.doctor.federation import federation
from bridgekit.configuration.config import Config
from bridgekit.mistakes.of_homeservers import ADMIN_MISSING, CLOCK_SKEW
from bridgekit.permissions.permissions import Rule
from bridgekit.permissions.rights import Level

_SKEW = 30.0  # seconds; Slack refuses at 300
_NOT_FOUND = 404


async def outside(config: Config) -> AsyncIterator[Finding]:
    """What can be asked without being known to anybody."""
    async with patient() as session:
        ask = Asking(config, session)
        if (skewed := await _clock(ask)) is not None:
            yield skewed
        async for finding in _admins(ask):
            yield finding
        async for finding in federation(ask):
            yield finding


async def _clock(ask: Asking) -> Finding | None:
    """Compared with the homeserver's, whose answers say when they were given."""
    said = (await ask.as_nobody("GET", "versions")).header("Date")
    try:
        theirs = parsedate_to_datetime(said).timestamp()
    except (TypeError, ValueError):
        return None
    differ = _now() - theirs
    if abs(differ) < _SKEW:
        return Finding(Severity.OK, "The homeserver's clock and this machine's agree.")
    way = "ahead of" if differ > 0 else "behind"
    return CLOCK_SKEW.found(f"This machine's clock is {abs(differ):.0f} s {way} the homeserver's.")


def _now() -> float:
    return time.time()


async def _admins(ask: Asking) -> AsyncIterator[Finding]:
    domain = ask.config.homeserver.domain
    for who, rule in ask.config.permissions.items():
        level = rule.level if isinstance(rule, Rule) else rule
        if level is not Level.ADMIN or not who.startswith("@") or not who.endswith(f":{domain}"):
            continue
        answer = await ask("GET", f"v3/profile/{quote(who, safe='')}")
        if answer.status == _NOT_FOUND and answer.get("errcode") != "M_UNRECOGNIZED":
            yield ADMIN_MISSING.found(f"{who}, an administrator, has no account on {domain}.")
