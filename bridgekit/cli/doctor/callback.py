"""The checks of `doctor` in the other direction: who listens, and does the homeserver reach us."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from urllib.parse import quote

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.bridge import database_url
from bridgekit.cli import running
from bridgekit.cli.asking import OK, Answer, Asking, program
from bridgekit.cli.doctor.events import Refusing, events_arrive
from bridgekit.cli.doctor.public_address import Probe, public_address
from bridgekit.configuration.config import Config
from bridgekit.errors import AddressError, DatabaseError
from bridgekit.matrix.server import Server
from bridgekit.mistakes.of_homeservers import (
    ADDRESS_TAKEN,
    ANOTHER_INSTANCE,
    BRIDGE_OTHER_TOKEN,
    DENDRITE_LIMITS,
    HS_BACKOFF,
    HS_ID_UNKNOWN,
    HS_STRANGE,
    HS_TOKEN_REFUSED,
    HS_UNREACHING,
    HS_URL_NULL,
    URL_WRONG_TARGET,
)
from bridgekit.mistakes.of_registrations import HTTP_HTTPS
from bridgekit.models import Millis
from bridgekit.operating.starts import last_start
from bridgekit.store.beside import reading
from bridgekit.web.listening import listening

_FORBIDDEN = (401, 403)
_PING_ENDS_IT = (1, 132)  # of Synapse: from then on a ping has it try at once
_LONGEST = 512  # seconds between two tries of Synapse's
_TLS = ("ssl", "tls", "wrong version number", "certificate")


async def both_directions(ask: Asking, *, events: bool = False) -> AsyncIterator[Finding]:
    """Listen as the bridge would, unless it runs, and have the homeserver call back.

    `events`: send one, too, which makes a room for a moment; only while the bridge does not run.
    """
    # Ask before listening: a Unix socket could be taken away from the bridge that holds it.
    status = await running.answers(ask.config)
    if status is not None:
        finding = _who_listens(ask.config, status)
        yield finding
        if finding.severity is Severity.OK:
            yield await _called_back(ask, None)
            if (public := await public_address(ask, Probe())) is not None:
                yield public
        return
    listener, probe = Refusing(), Probe()
    server = Server(ask.config.appservice.hs_tokens, listener, _no, _no)
    probe.answer_in(server.app)
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(listening(ask.config.appservice.listen, server.app))
        except AddressError as error:
            what, _, fix = str(error).rpartition("; ")
            yield ADDRESS_TAKEN.found(what, fix)
            return
        address = running.shown(ask.config.appservice.listen)
        yield Finding(Severity.OK, f"The bridge does not run; it can listen on {address}.")
        yield await _called_back(ask, server)
        if events:
            async for finding in events_arrive(ask, listener):
                yield finding
        if (public := await public_address(ask, probe)) is not None:
            yield public


def _who_listens(config: Config, status: int) -> Finding:
    address = running.shown(config.appservice.listen)
    if status == running.RUNS:
        return Finding(Severity.OK, f"The bridge runs and listens on {address}.")
    if status in _FORBIDDEN:
        return BRIDGE_OTHER_TOKEN.found(f"A bridge with another hs_token listens on {address}.")
    return ADDRESS_TAKEN.found(
        f"Another program listens on {address}.",
        "Stop it, or change appservice.listen, and the port in appservice.url, to a free one. If "
        "the URL changes, the registration does too.",
    )


async def _called_back(ask: Asking, server: Server | None) -> Finding:
    """`server` is our listener; None: the running bridge has its own."""
    settings, txn = ask.config.appservice, secrets.token_hex(8)
    path = f"v1/appservice/{quote(settings.id, safe='')}/ping"
    answer = await ask("POST", path, {"transaction_id": txn})
    backing_off = False
    if answer.get("errcode") in ("M_CONNECTION_FAILED", "M_BAD_STATUS"):
        # Synapse answers so to a ping that meets its own retry: then the next one arrives.
        again = await ask("POST", path, {"transaction_id": txn})
        backing_off, answer = again.status == OK, again
    if answer.status != OK:
        return _not_called_back(ask.config, answer)
    if server is not None and txn not in server.pings:
        said = f"The homeserver was answered by something else than this bridge at {settings.url}."
        return ANOTHER_INSTANCE.found(
            said,
            "Find what serves that address (another bridge with the same registration?), and make "
            "appservice.url lead to appservice.listen.",
        )
    if backing_off:
        when = await _tries_again(ask)
        said = f"The homeserver reached {settings.url} at the second try only; {when}."
        return HS_BACKOFF.found(said)
    took = answer.get("duration_ms")
    return Finding(Severity.OK, f"It reaches the bridge at {settings.url} ({took} ms).")


async def _tries_again(ask: Asking) -> str:
    """When it sends what it has kept, by what its version does when it is asked to ping."""
    name, version = await program(ask.session, ask.config.homeserver.url)
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if name == "Synapse" and numbers and tuple(map(int, numbers.groups())) >= _PING_ENDS_IT:
        return f"the ping has made Synapse {version} send at once what it has kept"
    since = await _started(ask.config)
    left = _LONGEST if since is None else max(0, _LONGEST - (time.time() - since / 1000))
    return f"it sends what it has kept in {left:.0f} s at the latest"


async def _started(config: Config) -> Millis | None:
    """Since when the bridge has been there to be reached."""
    if await running.answers(config) != running.RUNS:
        return None
    try:
        async with reading(database_url(config)) as reader:
            return await last_start(reader)
    except DatabaseError:
        return None


def _not_called_back(config: Config, answer: Answer) -> Finding:
    match answer.get("errcode"):
        case "M_CONNECTION_FAILED" | "M_CONNECTION_TIMEOUT":
            return _not_connected(config.appservice.url, answer.get("error"))
        case "M_BAD_STATUS":
            return _bad_status(config, answer)
        case "M_URL_NOT_SET":
            return HS_URL_NULL.found(
                "The homeserver's registration has no url, so it sends nothing."
            )
        case "M_FORBIDDEN":
            what = f"The homeserver's registration has another id than {config.appservice.id}."
            return HS_ID_UNKNOWN.found(what)
        case "M_UNRECOGNIZED":
            return DENDRITE_LIMITS.found(
                "The homeserver knows no ping, so the way from it to the bridge stays unchecked."
            )
        case _:
            return HS_STRANGE.found(f"The homeserver could not be asked to call back ({answer}).")


def _not_connected(url: str, said: str) -> Finding:
    what = f"The homeserver cannot connect to {url}: {said}"
    if url.startswith("https:") and any(word in said.lower() for word in _TLS):
        return HTTP_HTTPS.found(what)
    return HS_UNREACHING.found(what)


def _bad_status(config: Config, answer: Answer) -> Finding:
    url, status = config.appservice.url, answer.get("status")
    if status in map(str, _FORBIDDEN):
        return HS_TOKEN_REFUSED.found(
            f"The bridge at {url} refuses the homeserver's hs_token ({status})."
        )
    body = answer.get("body").lstrip().lower()
    who = "a web server, or a proxy" if body.startswith(("<!doctype", "<html")) else ""
    who = who or ("a Matrix homeserver" if "m_" in body else "something else than the bridge")
    return URL_WRONG_TARGET.found(
        f"Something else than the bridge answers the homeserver at {url} (HTTP {status}): {who}."
        if who != "something else than the bridge"
        else f"Something else than the bridge answers the homeserver at {url} (HTTP {status})."
    )


async def _no(_name: str) -> bool:
    return False
