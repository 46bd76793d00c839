"""A registration on its way into a real Synapse, and what can be wrong with that Synapse itself."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bridgekit.cli.app import app
from bridgekit.testing.servers import Synapse, free_port, people
from bridgekit.testing.servers import synapse as run_synapse
from tests.core.cli.conftest import replace
from tests.integration.missing import or_skip

pytestmark = [pytest.mark.synapse, pytest.mark.sqlite]
JSON = dict[str, Any]
WEDGED = """
CREATE TRIGGER wedged AFTER UPDATE ON appservice_stream_position BEGIN
UPDATE appservice_stream_position SET stream_ordering = 1000000000; END;
UPDATE appservice_stream_position SET stream_ordering = 1000000000
"""


async def bridgekit(*words: object) -> str:
    result = await asyncio.to_thread(CliRunner().invoke, app, [str(word) for word in words])
    return result.stdout


async def found(config: Path, synapse: Synapse) -> dict[str, JSON]:
    file = synapse.process.workdir / "homeserver.json"
    words = ["--events", "--homeserver-config", file, "--json"]
    said = json.loads(await bridgekit("doctor", "-c", config, *words))
    seen: dict[str, JSON] = {}
    for one in said["findings"]:
        if one["id"]:  # what is found twice says both
            before = seen.get(one["id"], one | {"text": ""})["text"]
            seen[one["id"]] = one | {"text": f"{before} {one['text']}"}
    return seen


async def changed(synapse: Synapse, statement: str = "", **settings: Any) -> None:
    """Stop it, change its configuration or its database, start it again."""
    await asyncio.to_thread(synapse.process.stop)
    file = synapse.process.workdir / "homeserver.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **settings}))
    if statement:
        database = synapse.process.workdir / "homeserver.db"
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.executescript(statement)
    await asyncio.to_thread(synapse.process.start)


async def test_each_step_and_each_fault_of_a_synapse_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridgekit.cli.doctor.events.PATIENCE", 3.0)
    config, file = tmp_path / "config.yaml", tmp_path / "registration.yaml"
    with or_skip(run_synapse(tmp_path / "synapse")) as synapse:
        await bridgekit(
            *("init", "--yes", "-c", config, "--domain", synapse.domain),
            *("--homeserver", synapse.url, "--url", f"http://127.0.0.1:{free_port()}"),
            *("--network", "libera=irc", "--set", "networks.libera.host=127.0.0.1"),
        )
        async with people(synapse) as crowd:
            await (await crowd.person("bridgebot")).set_display_name("Robert")
        seen = await found(config, synapse)
        assert f"app_service_config_files:\n  - {file}" in seen["not-listed"]["fix"]
        assert "token-unknown" in seen or "not-restarted" in seen

        # Loaded now; but a worker that nobody started is to send its events.
        worker = {"notify_appservices_from_worker": "nobody"}
        await changed(synapse, app_service_config_files=[str(file)], **worker)
        seen = await found(config, synapse)
        assert {"not-listed", "token-unknown", "not-restarted"} & set(seen) == set()
        assert "is Robert already" in seen["name-taken"]["text"]
        assert "Choose another appservice.bot" in seen["name-taken"]["fix"]
        assert "notify_appservices_from_worker" in seen["hs-pusher-dead"]["fix"]

        # It sends again, but from a place in its stream that it never gets beyond.
        await changed(synapse, WEDGED, notify_appservices_from_worker=None)
        seen = await found(config, synapse)
        assert "element-hq/synapse/issues/11629" in seen["hs-pusher-dead"]["fix"]

        await hindered(config, synapse)


async def hindered(config: Path, synapse: Synapse) -> None:
    """Settings of a Synapse that get in a bridge's way."""
    await changed(synapse, encryption_enabled_by_default_for_room_type="all")
    seen = await found(config, synapse)
    assert "has encrypted a new room by itself" in seen["hs-forces-encryption"]["text"]
    assert "for_room_type: off" in seen["hs-forces-encryption"]["fix"]

    replace(config, '"*": relay', '"*": relay\n  nobody.invalid: user')
    seen = await found(config, synapse)
    assert (
        "names nobody.invalid: the homeserver does not reach it (HTTP 403, M_FORBIDDEN"
        in (seen["remote-users"]["text"])
    )
    assert "federationtester" in seen["remote-users"]["fix"]

    limit: JSON = {
        "limit_usage_by_mau": True,
        "max_mau_value": 0,
        "track_appservice_user_ips": True,
    }
    await changed(synapse, **limit)
    seen = await found(config, synapse)
    assert "max_mau_value" in seen["mau-limited"]["fix"]
    assert "max_mau_value" in seen["mau-limit"]["fix"]
