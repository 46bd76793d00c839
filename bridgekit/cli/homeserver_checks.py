"""The checks of `doctor` that ask the homeserver: is it there, does it know us, does it reach us.

Asked with bare requests, since here the exact answer matters: status, error code, no JSON.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.bridge import _listening as listening
from bridgekit.cli import running
from bridgekit.cli.checks import from_fault
from bridgekit.configuration.config import Config
from bridgekit.errors import AddressError
from bridgekit.introduction import no_such_version
from bridgekit.matrix.capabilities import room_versions
from bridgekit.matrix.server import Server

_PATIENCE = 20.0
OK, _FORBIDDEN = 200, (401, 403)
_AGAIN = "Print it with `bridgekit registration`, install it and restart the homeserver."


@dataclass(frozen=True, slots=True)
class Answer:
    """`content` None: it was no JSON object. `status` 0: no answer came, and `why` says why."""

    status: int
    content: Mapping[str, Any] | None
    why: str = ""

    def get(self, key: str) -> str:
        return str((self.content or {}).get(key, ""))

    def __str__(self) -> str:
        said = [f"HTTP {self.status}", self.get("errcode"), self.get("error")]
        return self.why or ", ".join(filter(None, said))


@dataclass(frozen=True, slots=True)
class Asking:
    """Requests to the homeserver, as the application service or as nobody."""

    config: Config
    session: ClientSession

    async def __call__(
        self, method: str, path: str, content: Mapping[str, Any] | None = None
    ) -> Answer:
        token = self.config.appservice.as_token.get_secret_value()
        return await self.as_nobody(
            method, path, content, headers={"Authorization": f"Bearer {token}"}
        )

    async def as_nobody(
        self,
        method: str,
        path: str,
        content: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        url = f"{self.config.homeserver.url}/_matrix/client/{path}"
        try:
            async with self.session.request(method, url, json=content, headers=headers) as response:
                body = await response.read()
        except TimeoutError:
            return Answer(0, None, f"no answer within {_PATIENCE:.0f} s")
        except ClientConnectorError as error:
            return Answer(0, None, _cause(error.os_error))
        except (ClientError, OSError) as error:
            return Answer(0, None, str(error) or type(error).__name__)
        return Answer(response.status, _object(body))


def _cause(error: OSError) -> str:
    """A refused connection's own text is asyncio's; a name's is the resolver's."""
    number = error.errno or 0
    return os.strerror(number) if number > 0 else error.strerror or str(error)


def _object(body: bytes) -> Mapping[str, Any] | None:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


async def homeserver(config: Config) -> AsyncIterator[Finding]:
    """Most basic first; stops where nothing further can work."""
    async with ClientSession(timeout=ClientTimeout(total=_PATIENCE)) as session:
        ask = Asking(config, session)
        for check in (_there, _known):
            finding = await check(ask)
            yield finding
            if finding.severity is Severity.ERROR:
                return
        if (finding_of_rooms := await _rooms(ask)) is not None:
            yield finding_of_rooms
        async for finding in _both_directions(ask):
            yield finding


async def _there(ask: Asking) -> Finding:
    url = ask.config.homeserver.url
    answer = await ask.as_nobody("GET", "versions")  # Synapse refuses a wrong token here, too
    if answer.status == 0:
        return Finding(
            Severity.ERROR,
            f"{url} cannot be reached: {answer}.",
            "Check homeserver.url, whether the homeserver runs, and what lies between.",
        )
    versions = (answer.content or {}).get("versions")
    if answer.status != OK or not isinstance(versions, list) or not versions:
        return Finding(
            Severity.ERROR,
            f"{url} answers, but not as a Matrix homeserver does ({answer}).",
            "homeserver.url must be where the homeserver's client API is, without /_matrix; a "
            "proxy before it must pass /_matrix on.",
        )
    return Finding(Severity.OK, f"{url} answers, and speaks Matrix up to {versions[-1]}.")


async def _known(ask: Asking) -> Finding:
    bot = ask.config.namespaces.bot_mxid
    answer = await ask("GET", "v3/account/whoami")
    if answer.get("errcode") == "M_UNKNOWN_TOKEN":
        return Finding(
            Severity.ERROR,
            "The homeserver does not know appservice.as_token: it does not load the registration, "
            "or the registration holds another token.",
            _AGAIN,
        )
    if answer.status != OK:
        return Finding(
            Severity.ERROR,
            f"The homeserver does not say who the bridge is ({answer}).",
            "See the homeserver's log.",
        )
    if answer.get("user_id") != bot:
        return Finding(
            Severity.ERROR,
            f"The homeserver takes the bridge for {answer.get('user_id')}, the configuration says "
            f"{bot}.",
            "Make homeserver.domain the homeserver's server_name, and appservice.bot the "
            f"registration's sender_localpart. {_AGAIN}",
        )
    return Finding(Severity.OK, f"It knows the bridge as {bot}.")


async def _rooms(ask: Asking) -> Finding | None:
    """Whether it makes rooms of the configured version; None: it does, or does not say."""
    wanted = ask.config.rooms.version
    if wanted is None:
        return None
    answer = await ask("GET", "v3/capabilities")
    known = room_versions(answer.content or {})
    if not known or wanted in known:
        return None
    return from_fault(no_such_version(wanted, known))


async def _both_directions(ask: Asking) -> AsyncIterator[Finding]:
    """Listen as the bridge would, unless it runs, and have the homeserver call back."""
    # Ask before listening: a Unix socket could be taken away from the bridge that holds it.
    status = await running.answers(ask.config)
    if status is not None:
        finding = _who_listens(ask.config, status)
        yield finding
        if finding.severity is Severity.OK:
            yield await _called_back(ask, None)
        return
    token = ask.config.appservice.hs_token.get_secret_value()
    server = Server(token, _Refusing(), _no, _no)
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(listening(ask.config, server.app))
        except AddressError as error:
            yield from_fault(str(error))
            return
        address = running.shown(ask.config.appservice.listen)
        yield Finding(Severity.OK, f"The bridge does not run; it can listen on {address}.")
        yield await _called_back(ask, server)


def _who_listens(config: Config, status: int) -> Finding:
    address = running.shown(config.appservice.listen)
    if status == running.RUNS:
        return Finding(Severity.OK, f"The bridge runs and listens on {address}.")
    if status in _FORBIDDEN:
        return Finding(
            Severity.ERROR,
            f"A bridge with another hs_token listens on {address}.",
            "Stop it, or restart it if it runs with an older version of this configuration.",
        )
    return Finding(
        Severity.ERROR,
        f"Another program listens on {address}.",
        "Stop it, or change appservice.listen, and the port in appservice.url, to a free one. "
        f"If the URL changes, the registration does too. {_AGAIN}",
    )


async def _called_back(ask: Asking, server: Server | None) -> Finding:
    """`server` is our listener; None: the running bridge has its own."""
    settings, txn = ask.config.appservice, secrets.token_hex(8)
    path = f"v1/appservice/{quote(settings.id, safe='')}/ping"
    answer = await ask("POST", path, {"transaction_id": txn})
    if answer.status != OK:
        return _not_called_back(ask.config, answer)
    if server is not None and txn not in server.pings:
        return Finding(
            Severity.ERROR,
            f"The homeserver was answered by something else than this bridge at {settings.url}.",
            "Find what serves that address (another bridge with the same registration?), and make "
            "appservice.url lead to appservice.listen.",
        )
    took = answer.get("duration_ms")
    return Finding(Severity.OK, f"It reaches the bridge at {settings.url} ({took} ms).")


def _not_called_back(config: Config, answer: Answer) -> Finding:
    url = config.appservice.url
    match answer.get("errcode"):
        case "M_CONNECTION_FAILED" | "M_CONNECTION_TIMEOUT":
            what = f"The homeserver cannot connect to {url}: {answer.get('error')}"
            fix = (
                "appservice.url must lead to the bridge from where the homeserver runs: in a "
                "container, localhost is that container. Check appservice.listen and firewalls; if "
                f"the URL changes, the registration does too. {_AGAIN}"
            )
        case "M_BAD_STATUS":
            what, fix = _bad_status(url, answer.get("status"))
        case "M_URL_NOT_SET":
            what, fix = "The homeserver's registration has no url, so it sends nothing.", _AGAIN
        case "M_FORBIDDEN":
            what = f"The homeserver's registration has another id than {config.appservice.id}."
            fix = _AGAIN
        case "M_UNRECOGNIZED":
            return Finding(
                Severity.WARNING,
                "The homeserver knows no ping, so the way from it to the bridge stays unchecked.",
                "If nothing arrives from Matrix, look for our URL in the homeserver's log.",
            )
        case _:
            what = f"The homeserver could not be asked to call back ({answer})."
            fix = "See the homeserver's log."
    return Finding(Severity.ERROR, what, fix)


def _bad_status(url: str, status: str) -> tuple[str, str]:
    if status in map(str, _FORBIDDEN):
        return f"The bridge at {url} refuses the homeserver's hs_token ({status}).", _AGAIN
    return (
        f"Something else than the bridge answers the homeserver at {url} (HTTP {status}).",
        "Correct host and port of appservice.url, or what the proxy there passes on.",
    )


class _Refusing:
    """Takes no transactions: nothing here could store them, so the homeserver must keep them."""

    async def accept(self, txn: str, body: str, content: Mapping[str, Any]) -> None:
        del body, content
        raise RuntimeError(f"the doctor does not take transaction {txn}")


async def _no(_name: str) -> bool:
    return False
