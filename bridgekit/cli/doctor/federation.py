"""The checks of `doctor` on other servers: can our homeserver reach them, and they ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote, urljoin

from aiohttp import ClientSession

from bridgekit.adapter_supports import Finding
from bridgekit.cli.asking import OK, Answer, Asking, fetched, program
from bridgekit.cli.doctor.srv import located
from bridgekit.configuration.config import Config
from bridgekit.mistakes.of_installations import REMOTE_USERS

_UNREACHED = (502, 504)
_NOBODY = "bridgekit-doctor"  # whom it is asked for where nobody is named
_PORT = 8448
_MOVES = 5


async def federation(ask: Asking) -> AsyncIterator[Finding]:
    """Only where `permissions` names users of other servers."""
    others = _elsewhere(ask.config)
    for server, user in sorted(others.items()):
        why = await _unreached(ask, server, user)
        if why is not None:
            yield REMOTE_USERS.found(f"permissions names {server}: {why}.")
    own = ask.config.homeserver.domain
    if others and (why := await _silent(ask.session, own)) is not None:
        yield REMOTE_USERS.found(
            f"permissions names users of other servers, who reach {own} by {why}."
        )


def _elsewhere(config: Config) -> dict[str, str]:
    """Other servers whose users are named, each with somebody to ask for."""
    found: dict[str, str] = {}
    for who in config.permissions:
        _, _, server = who.partition(":") if who.startswith("@") else ("", "", who)
        if server not in ("*", config.homeserver.domain):
            named = who if who.startswith("@") else found.get(server, f"@{_NOBODY}:{server}")
            found[server] = named
    return found


async def _unreached(ask: Asking, server: str, user: str) -> str | None:
    """Our homeserver is asked for somebody there, since it is what talks to them."""
    answer = await ask("GET", f"v3/profile/{quote(user, safe='')}")
    if answer.status in _UNREACHED or "denied" in answer.get("error").lower():
        return f"the homeserver does not reach it ({answer})"
    name, _ = await program(ask.session, ask.config.homeserver.url)
    if answer.status == OK or (name == "Synapse" and answer.get("errcode") == "M_NOT_FOUND"):
        return None
    silent = await _silent(ask.session, server)
    return None if silent is None else f"it is reached by {silent}"


async def _silent(session: ClientSession, server: str) -> str | None:
    """Why nobody answers for a server (spec: server discovery); None: somebody does."""
    known = await _followed(session, f"https://{server}/.well-known/matrix/server")
    there = str((known.content or {}).get("m.server", "")) or server
    answer = Answer(0, None, "it has no address")
    for address in await _addresses(there):
        answer = await fetched(
            session, f"https://{address}/_matrix/federation/v1/version", named=there
        )
        if answer.status == OK:
            return None
    return f"{there}, which does not answer here: {answer}"


async def _followed(session: ClientSession, url: str) -> Answer:
    """Servers may move this file; a token is not sent along."""
    for _ in range(_MOVES):
        answer = await fetched(session, url)
        if not answer.redirected:
            break
        url = urljoin(url, answer.header("Location"))
    return answer


async def _addresses(server: str) -> list[str]:
    if server.rpartition(":")[2].isdigit():
        return [server]
    return [*await asyncio.to_thread(located, server), f"{server}:{_PORT}"]
