"""What a bridge tells those who watch it: numbers that a parser accepts, and its health."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from bridgekit.adapter import LoginState
from bridgekit.configuration.operation_settings import OperationSettings
from bridgekit.ids import PortalID
from bridgekit.models import Direction, lane_to_matrix, lane_to_network
from bridgekit.reasons import Reason
from bridgekit.testing.rig import Rig
from bridgekit.testing.servers import free_port

ALIAS = "#loop_#room:example.org"
TOKEN = "a-token-for-the-metrics"


@pytest.fixture
async def watched(tmp_path, database) -> AsyncIterator[tuple[Rig, str]]:
    """A bridge with a listener of its own for the metrics, and its address."""
    async with Rig(tmp_path, database=database) as rig:
        port = free_port()
        rig.settings["operations"] = OperationSettings(listen=f"127.0.0.1:{port}")
        await rig.start()
        yield rig, f"http://127.0.0.1:{port}"


async def ask(url: str, token: str = "") -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with ClientSession() as http, http.get(url, headers=headers) as response:
        return response.status, await response.text()


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found, name: str, **labels: str) -> float | None:
    return found.get((f"bridgekit_{name}", tuple(sorted(labels.items()))))


async def test_a_parser_accepts_the_metrics_and_they_count_what_happened(watched) -> None:
    rig, url = watched
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    await alice.say(room, "out")
    await rig.network.wait(lambda: "out" in rig.network.texts())
    await rig.network.say("#room", "bob", "in")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "in")
    for lane in (lane_to_matrix(PortalID(1)), lane_to_network(PortalID(1))):
        await rig.bridge.parts.queue.idle(lane)  # their ends are stored, and so counted
    status, text = await ask(f"{url}/metrics")
    assert status == 200
    found = samples(text)
    for way in (Direction.TO_MATRIX, Direction.TO_NETWORK):
        ends = {"network": "loop", "direction": way.value}
        assert value(found, "events_total", **ends, outcome="delivered") == 1
        assert value(found, "delivery_seconds_count", **ends) == 1
        assert value(found, "delivery_seconds_bucket", **ends, le="+Inf") == 1
    outcomes = {dict(labels).get("outcome") for _, labels in found} - {None}
    assert outcomes <= {reason.value for reason in Reason}
    assert value(found, "logins", network="loop", state="online") >= 1
    assert value(found, "ready") == 1
    assert value(found, "membership_backlog") == 0
    assert value(found, "failed_jobs") == 0
    assert value(found, "homeserver_request_seconds_count", method="PUT") >= 1
    assert value(found, "homeserver_errors_total", kind="unreachable") == 0


async def test_bytes_of_files_are_counted_both_ways(watched) -> None:
    rig, url = watched
    repository = rig.bridge.parts.media.repository

    async def pieces() -> AsyncIterator[bytes]:
        yield b"12345"

    uri = await repository.upload(pieces(), 5, "text/plain", None)
    async with repository.download(uri) as file:
        assert b"".join([piece async for piece in file.pieces]) == b"12345"
    found = samples((await ask(f"{url}/metrics"))[1])
    assert value(found, "media_bytes_total", direction="to_matrix") == 5
    assert value(found, "media_bytes_total", direction="to_network") == 5


async def test_what_waits_is_counted_with_the_age_of_the_oldest(watched) -> None:
    rig, url = watched
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    rig.hs.delay("PUT", ".*/send/.*")
    for word in ("one", "two"):
        await rig.network.say("#room", "bob", word)
    found = samples((await ask(f"{url}/metrics"))[1])
    here = {"direction": "to_matrix", "brought_by": "loop"}
    assert value(found, "queue_jobs", **here) == 2
    assert value(found, "queue_oldest_seconds", **here) >= 0
    del room


async def test_a_homeserver_that_is_away_makes_it_alive_but_not_ready(watched) -> None:
    rig, url = watched
    assert await ask(f"{url}/healthz") == (
        200,
        '{"ok": true, "checks": {"process": "ok", "database": "ok"}}',
    )
    assert (await ask(f"{url}/readyz"))[0] == 200
    await rig.hs.person("alice").join(ALIAS)
    await rig.hs.stop()
    await rig.network.say("#room", "bob", "into the void")
    while not rig.bridge.parts.outage.away:  # noqa: ASYNC110 (it tells nobody)
        await asyncio.sleep(0.01)
    status, text = await ask(f"{url}/readyz")
    assert status == 503
    assert "does not answer" in json.loads(text)["checks"]["homeserver"]
    assert (await ask(f"{url}/healthz"))[0] == 200
    assert value(samples((await ask(f"{url}/metrics"))[1]), "up", what="homeserver") == 0
    await rig.hs.start()


async def test_a_network_without_a_connection_is_not_ready(watched) -> None:
    rig, url = watched
    network = rig.bridge.parts.networks.get("loop")
    (login,) = network.logins.all()
    await rig.network.wait(lambda: network.logins.state(login.id)[0] is LoginState.ONLINE)
    network.logins.end(login.id, LoginState.REFUSED, "no more")
    status, text = await ask(f"{url}/readyz")
    assert status == 503
    assert "None of its logins is connected" in json.loads(text)["checks"]["network loop"]


async def test_a_writer_that_is_stuck_is_not_alive(watched, monkeypatch) -> None:
    rig, url = watched
    monkeypatch.setattr("bridgekit.metrics.health.PATIENCE", 0.01)
    writer = rig.bridge.parts.store.writer
    monkeypatch.setattr(writer, "write", lambda *_: rig.hs.wait_for(lambda: None))
    status, text = await ask(f"{url}/healthz")
    assert status == 503
    assert "committed nothing" in json.loads(text)["checks"]["database"]


async def test_with_a_token_the_numbers_are_for_whoever_has_it(tmp_path, database) -> None:
    async with Rig(tmp_path, database=database) as rig:
        rig.settings["operations"] = OperationSettings(token=SecretStr(TOKEN))
        await rig.start()
        base = f"{rig.config.appservice.url}/_bridgekit"
        assert (await ask(f"{base}/metrics"))[0] == 401
        assert (await ask(f"{base}/metrics", "another"))[0] == 401
        status, text = await ask(f"{base}/metrics", TOKEN)
        assert status == 200
        assert "bridgekit_ready" in text
        assert await ask(f"{base}/readyz") == (200, "ok\n")
        assert "homeserver" in (await ask(f"{base}/readyz", TOKEN))[1]


async def test_without_a_token_the_homeservers_listener_tells_no_numbers(watched) -> None:
    rig, _ = watched
    base = f"{rig.config.appservice.url}/_bridgekit"
    assert (await ask(f"{base}/metrics"))[0] == 401
    assert await ask(f"{base}/healthz") == (200, "ok\n")
