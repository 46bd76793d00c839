"""The MQTT example beside the bridge, each installed from a wheel, as anybody's adapter is."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridgekit import Message, from_plain
from bridgekit.testing.homeserver import FakeHomeserver
from bridgekit.testing.servers import free_port
from tests.core.cli.conftest import registration
from tests.core.cli.test_made_adapter import ROOT, begin, fresh, joined, run
from tests.integration.missing import skip

EXAMPLE = ROOT / "examples" / "matrix-bridgekit-mqtt"
pytestmark = [pytest.mark.timeout(300), pytest.mark.sqlite]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The Python of an environment with both, and beside them what they need, not our sources."""
    return fresh(tmp_path_factory.mktemp("both"), [ROOT, EXAMPLE], [sysconfig.get_path("purelib")])


@pytest.fixture
def testing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What the example offers its own tests."""
    monkeypatch.syspath_prepend(EXAMPLE)
    import matrix_bridgekit_mqtt.testing as found

    yield found
    for name in [name for name in sys.modules if name.startswith("matrix_bridgekit_mqtt")]:
        del sys.modules[name]


@pytest.fixture(autouse=True)
def no_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "")


def test_what_runs_is_what_was_installed(installed: str, tmp_path: Path) -> None:
    code = "import bridgekit, matrix_bridgekit_mqtt as m; print(bridgekit.__file__, m.__file__)"
    for path in run([installed, "-c", code], tmp_path).split():
        assert Path(path).is_relative_to(Path(installed).parents[1])


def test_it_is_listed(installed: str, tmp_path: Path) -> None:
    listed = json.loads(run([installed, "-m", "bridgekit.cli", "adapters", "--json"], tmp_path))
    (record,) = [one for one in listed if one["name"] == "mqtt"]
    assert record == {
        "name": "mqtt",
        "distribution": "matrix-bridgekit-mqtt",
        "version": "0.1.0",
        "usable": True,
        "title": "MQTT",
        "api": 1,
        "supports": ["SupportsOwnLogins", "SupportsChats"],
        "supports_for_some_logins": [],
        "warnings": [],
    }


def configured(python: str, homeserver: FakeHomeserver, port: int, folder: Path) -> Path:
    config = folder / "config.yaml"
    links = json.dumps([{"chat": "home/kitchen"}])
    command = [
        *(python, "-m", "bridgekit.cli", "init", "--yes", "-c", str(config)),
        *("--domain", "example.org", "--homeserver", homeserver.url),
        *("--url", f"http://127.0.0.1:{free_port()}", "--network", "house=mqtt"),
        *("--set", "networks.house.host=127.0.0.1", "--set", f"networks.house.port={port}"),
        *("--set", f"networks.house.links={links}"),
    ]
    run(command, folder)
    return config


async def test_with_the_matching_entry_it_bridges(
    installed: str, testing: Any, homeserver: FakeHomeserver, tmp_path: Path
) -> None:
    alice = homeserver.person("alice")
    async with testing.broker_in_memory() as broker:
        config = await asyncio.to_thread(configured, installed, homeserver, broker.port, tmp_path)
        homeserver.load_registration(registration(config))
        process = await begin(installed, config)
        try:
            room = await joined(alice, "#house_home/kitchen:example.org", process)
            await alice.say(room, "on")
            async with asyncio.timeout(60):
                while not broker.heard():  # noqa: ASYNC110 (it has nothing to wait for)
                    await asyncio.sleep(0.05)
            await broker.say("lamp", Message(from_plain("is on")))
            await alice.wait_for(room, lambda one: one["content"].get("body") == "is on")
        finally:
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0


@pytest.mark.parametrize("broker", ["broker_in_memory", "mosquitto"])
def test_a_message_in_the_room_turns_the_lamp_on(
    installed: str, testing: Any, broker: str, tmp_path: Path
) -> None:
    """As its README shows it, on a real Mosquitto too."""
    if broker == "mosquitto" and testing.PROGRAM is None:
        skip("There is no Mosquitto here: install mosquitto (`make servers`).")
    fake = f"matrix_bridgekit_mqtt.testing:{broker}"
    command = [installed, "-m", "bridgekit.cli", "dev", "mqtt", "--fake", fake]
    shown = run(command, tmp_path, typed="lamp: ON\n/wait lamp: is ON\n")
    assert re.search(r"^matrix +2 lamp: is ON$", shown, re.MULTILINE)
