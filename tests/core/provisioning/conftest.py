"""Programs that call the API of a whole bridge."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import ClientSession

from bridgekit.provisioning.api import PATH
from bridgekit.provisioning.tokens import operator_token
from bridgekit.testing.homeserver import Person
from bridgekit.testing.rig import Rig

Ask = Callable[..., Awaitable["Got"]]


@dataclass(frozen=True, slots=True)
class Got:
    status: int
    said: Any
    headers: Any


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.fixture
def ask(rig: Rig, http: ClientSession) -> Ask:
    async def ask(
        method: str, path: str, token: str | None = None, data: Any = None, **kwargs: Any
    ) -> Got:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        url = f"{rig.config.appservice.url}{PATH}{path}"
        async with http.request(method, url, headers=headers, json=data, **kwargs) as answer:
            said = await answer.json(content_type=None)
            return Got(answer.status, said, answer.headers)

    return ask


def token_of(rig: Rig, person: Person) -> str:
    """The access token of a person's client."""
    tokens = rig.hs.world.access_tokens
    return next(token for token, user in tokens.items() if user == person.user_id)


def operator(rig: Rig) -> str:
    return operator_token(rig.config.appservice.signing_key)
