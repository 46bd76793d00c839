"""The bridge that may be running with this configuration, spoken to where it listens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import (
    BaseConnector,
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientTimeout,
    UnixConnector,
)

from bridgekit.configuration.config import Config
from bridgekit.configuration.listening import TCPAddress, UnixAddress
from bridgekit.matrix.server import WAKE
from bridgekit.provisioning.tokens import operator_token

SHORT = ClientTimeout(total=5)
LONG = ClientTimeout(total=600)  # what people ask for may take its time
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (nothing is bound here)
RUNS = 200


async def wake(config: Config) -> bool:
    """Tell it that the database changed. False: nobody answers; then its next start sees it."""
    return await _post(config, WAKE) == RUNS


async def answers(config: Config) -> int | None:
    """The status with which whoever listens there answers a ping of ours; None: nobody does.

    `RUNS` is a bridge with our tokens, 403 one with others, 0 something that speaks no HTTP.
    """
    return await _post(config, "/_matrix/app/v1/ping")


async def knows(config: Config, hs_token: str) -> bool | None:
    """Whether whoever listens there takes this token; None: nobody does."""
    status = await _post(config, "/_matrix/app/v1/ping", hs_token)
    return None if status is None else status == RUNS


def shown(listen: TCPAddress | UnixAddress) -> str:
    """The address as the configuration writes it."""
    if isinstance(listen, UnixAddress):
        return f"unix:{listen.path}"
    return f"{_bracketed(listen.host)}:{listen.port}"


async def ask(
    config: Config, path: str, body: Mapping[str, Any], patience: ClientTimeout = LONG
) -> tuple[int, Any] | None:
    """Post to its API as the operator: the status, and what JSON says; None: nobody answers."""
    headers = {"Authorization": f"Bearer {operator_token(config.appservice.signing_key)}"}
    async with _session(config.appservice.listen, patience) as (session, origin):
        try:
            async with session.post(f"{origin}{path}", headers=headers, json=body) as response:
                return response.status, await response.json(content_type=None)
        except (ClientError, OSError, TimeoutError, ValueError):
            return None


async def _post(config: Config, path: str, token: str | None = None) -> int | None:
    given = token or config.appservice.hs_token.get_secret_value()
    headers = {"Authorization": f"Bearer {given}"}
    async with _session(config.appservice.listen, SHORT) as (session, origin):
        try:
            async with session.post(f"{origin}{path}", headers=headers, json={}) as response:
                return response.status
        except ClientConnectorError:
            return None
        except (ClientError, OSError, TimeoutError):
            return 0


@asynccontextmanager
async def _session(
    listen: TCPAddress | UnixAddress, patience: ClientTimeout
) -> AsyncIterator[tuple[ClientSession, str]]:
    connector: BaseConnector | None = None
    origin = "http://localhost"
    if isinstance(listen, UnixAddress):
        connector = UnixConnector(str(listen.path))
    else:
        host = _EVERYWHERE.get(listen.host, listen.host)
        origin = f"http://{_bracketed(host)}:{listen.port}"
    async with ClientSession(connector=connector, timeout=patience) as session:
        yield session, origin


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
