"""The launchers of real servers: what dies comes back with its data, what is missing says so."""

from __future__ import annotations

import shutil
import socket
import sys
from pathlib import Path

import pytest

from bridgekit.testing.servers import ServerMissing, people, synapse_python
from bridgekit.testing.servers import ngircd as run_ngircd
from bridgekit.testing.servers import synapse as run_synapse
from bridgekit.testing.servers.process import Process, ServerFailed, listens


@pytest.mark.ngircd
def test_ngircd_greets_and_comes_back_on_its_port_after_a_kill(ngircd):
    for _ in range(2):
        with socket.create_connection((ngircd.host, ngircd.port), 10) as client:
            client.sendall(b"NICK tester\r\nUSER tester 0 * :Tester\r\n")
            assert b" 001 tester " in client.makefile("rb").readline()
        ngircd.kill()
        ngircd.restart()


@pytest.mark.synapse
async def test_synapse_comes_back_after_a_kill_with_what_was_said(synapse):
    async with people(synapse) as crowd:
        alice = await crowd.person("restarted")
        room = await alice.create_room(name="kept")
        event = await alice.say(room, "hello")
    synapse.kill()
    synapse.restart()
    async with people(synapse) as crowd:
        again = await crowd.person("restarted")
        assert await again.bodies(room) == ["hello"]
        assert (await again.wait_for(room, lambda e: e["event_id"] == event))["type"]


def test_a_missing_ngircd_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(ServerMissing, match="make servers"), run_ngircd(tmp_path):
        pass


def test_a_missing_synapse_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.delenv("BRIDGEKIT_SYNAPSE_PYTHON", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ServerMissing, match="make servers"):
        synapse_python()


def test_a_synapse_that_cannot_start_shows_the_end_of_its_log(tmp_path):
    with (
        pytest.raises(ServerFailed, match=r"(?s)synapse did not start.*No module"),
        run_synapse(tmp_path, python=Path(sys.executable)),
    ):
        pass


def test_a_process_that_stops_leaves_no_listener(tmp_path):
    port = tmp_path / "port"
    code = (
        "import signal, socket\n"
        "listener = socket.create_server(('127.0.0.1', 0))\n"
        f"open({str(port)!r}, 'w').write(str(listener.getsockname()[1]))\n"
        "signal.pause()\n"
    )

    def ready():
        return port.exists() and bool(port.read_text())

    process = Process("listener", (sys.executable, "-c", code), tmp_path, ready)
    process.start()
    number = int(port.read_text())
    assert process.pid
    process.stop()
    assert process.pid is None
    assert not listens(number)
