"""The checks of `doctor` on double puppets: whether homeservers let the bridge speak as people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import quote

from aiohttp import ClientSession, ClientTimeout

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.cli.asking import OK, Answer, Asking, program
from bridgekit.configuration.config import Config
from bridgekit.configuration.puppet_settings import PuppetSettings
from bridgekit.mistakes.of_people import DP_BREAKS_OTHERS, DP_NOT_LENT, DP_UNREACHED
from bridgekit.registration.steps import Kind, kind_named

_PATIENCE = 20.0


async def puppets(config: Config) -> AsyncIterator[Finding]:
    """What each homeserver under `double_puppets` lets the bridge do."""
    async with ClientSession(timeout=ClientTimeout(total=_PATIENCE)) as session:
        for server, settings in config.double_puppets.items():
            url = settings.url or config.homeserver.url
            there = config.homeserver.model_copy(update={"url": url})
            ask = Asking(replace(config, homeserver=there), session)
            yield await _lends(ask, server, settings)
            name, _ = await program(session, url)
            if settings.as_token is not None and kind_named(name) is Kind.TUWUNEL:
                at = f"double_puppets.{server}"
                yield DP_BREAKS_OTHERS.found(f"{server} is a {name}, and {at} has an as_token.")


async def _lends(ask: Asking, server: str, settings: PuppetSettings) -> Finding:
    at = f"double_puppets.{server}"
    if settings.as_token is None:
        return _reached(server, at, await ask.as_nobody("GET", "versions"))
    who = _somebody(ask.config, server)
    asked = f"?user_id={quote(who, safe='@:')}" if who else ""
    token = {"Authorization": f"Bearer {settings.as_token.get_secret_value()}"}
    answer = await ask.as_nobody("GET", f"v3/account/whoami{asked}", headers=token)
    if answer.status == 0:
        return _reached(server, at, answer)
    if answer.status == OK and answer.get("user_id") == (who or answer.get("user_id")):
        tried = f" (tried as {who})" if who else ""
        return Finding(Severity.OK, f"{server} lets the bridge speak as its people{tried}.")
    if answer.get("errcode") == "M_UNKNOWN_TOKEN":
        what = f"{server} does not know {at}.as_token: it does not load that registration."
    else:
        what = f"{server} does not let the bridge speak as {who or 'its people'} ({answer})."
    fix = f"Install what `bridgekit registration print --puppets {server}` prints, and restart it."
    return DP_NOT_LENT.found(what, fix)


def _reached(server: str, at: str, answer: Answer) -> Finding:
    if answer.status == OK:
        return Finding(Severity.OK, f"{server} answers; its people can give tokens of their own.")
    return DP_UNREACHED.found(
        f"{server} cannot be asked: {answer}.", f"Check {at}.url and the network."
    )


def _somebody(config: Config, server: str) -> str:
    """Somebody there whom the configuration names; "" if it names nobody."""
    named = (who for who in config.permissions if who.endswith(f":{server}"))
    return next((who for who in named if who.startswith("@")), "")
