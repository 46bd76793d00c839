"""The API does what its document says, whatever is asked: by a property-based tester."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import schemathesis
from aiohttp import ClientSession
from hypothesis import given
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode, checks
from schemathesis.core.failures import FailureGroup

from bridgekit.provisioning import api
from bridgekit.provisioning.tokens import operator_token
from bridgekit.testing.rig import Rig
from tests.fuzz.effort import tries

BOT = "@bridgebot:example.org"
NO_LIMIT = {"rate": 1e6, "burst": 1e6}
CHECKS: list[Callable[..., Any]] = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture
async def rig(tmp_path, database, monkeypatch) -> AsyncIterator[Rig]:
    for name in ("READS", "CHANGES"):
        monkeypatch.setattr(api, name, NO_LIMIT)
    monkeypatch.setattr("bridgekit.provisioning.callers.ASKING", NO_LIMIT)
    async with Rig(tmp_path, database=database) as rig:
        await rig.start()
        yield rig


@pytest.mark.timeout(300)
@pytest.mark.parametrize("who", ["person", "operator"])
async def test_whatever_is_asked_the_answer_is_a_documented_one(rig, who):
    """No failure of ours, no status, content type or body that the document does not have."""
    alice = rig.hs.person("alice")
    rooms = [await alice.create_room(invite=[BOT]) for _ in range(2)]
    rooms.append(await alice.join("#loop_#room:example.org"))
    url = f"{rig.config.appservice.url}{api.PATH}"
    async with ClientSession() as http, http.get(f"{url}/openapi.json") as answer:
        document = await answer.json()
    operator = operator_token(rig.config.appservice.signing_key)
    tried = Tried(url, operator if who == "operator" else alice.access_token)
    await asyncio.to_thread(tried.all, document, list(GenerationMode))
    # The same with names of what there is: strangers' guesses do not come so far.
    informed = {**document, "paths": _informed(document["paths"], rooms)}
    await asyncio.to_thread(tried.all, informed, [GenerationMode.POSITIVE])
    assert tried.wrong == {}
    assert {"GET /networks", "POST /tokens", "GET /rooms/{room}/relay"} <= tried.done


def _informed(node: Any, rooms: list[str]) -> Any:
    """What may be sent, with the names of what there is."""
    if isinstance(node, list):
        return [_informed(one, rooms) for one in node]
    if not isinstance(node, dict):
        return node
    found = {name: _informed(value, rooms) for name, value in node.items()}
    for name, there in {"room": rooms, "network": ["loop"]}.items():
        if isinstance(found.get(name), dict) and "type" in found[name]:
            found[name] = {"type": "string", "enum": there}
        if found.get("name") == name and "in" in found:
            found["schema"] = {"type": "string", "enum": there}
    return found


class Tried:
    """`wrong` says what is, by operation; `done` are those that did something."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._headers = url, {"Authorization": f"Bearer {token}"}
        self.wrong: dict[str, str] = {}
        self.done: set[str] = set()

    def all(self, document: dict[str, Any], modes: list[GenerationMode]) -> None:
        for result in schemathesis.openapi.from_dict(document).get_all_operations():
            operation = result.ok()
            for mode in modes:
                self._one(f"{operation.label}, {mode.value}", operation.as_strategy(mode))

    def _one(self, name: str, cases: Any) -> None:
        @tries(8, database=None)
        @given(case=cases)
        def attempt(case: Case) -> None:
            response = case.call(base_url=self._url, headers=self._headers)
            if response.status_code == 200:
                self.done.add(case.operation.label)
            case.validate_response(response, checks=CHECKS)

        try:
            attempt()
        except Unsatisfiable:  # nothing in it can be wrong
            return
        except (Exception, FailureGroup) as error:  # noqa: BLE001 (of all operations at once)
            self.wrong[name] = f"{type(error).__name__}: {error}"
