"""`bridgekit run`: what keeps it from starting, how it stops, and the exit code of each."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridgekit.cli import run as command
from bridgekit.testing.homeserver import FakeHomeserver
from tests.core.cli.conftest import Run, registration, replace, started

BOT = "@bridgebot:example.org"


@pytest.fixture(autouse=True)
def as_python_has_it() -> Iterator[None]:
    """The tests go on in a process that must find its garbage as any other."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


async def until(process: asyncio.subprocess.Process, words: str) -> str:
    """Read the log up to a line with these words."""
    assert process.stderr is not None
    read = ""
    while words not in read:
        line = await process.stderr.readline()
        assert line, read
        read += line.decode()
    return read


def test_every_fault_of_the_config_is_said_with_its_line(bridgekit: Run, config: Path) -> None:
    replace(config, "bot: bridgebot", "bott: bridgebot")
    replace(config, "host: high", "hst: high")
    result = bridgekit("run", "-c", config)
    assert result.exit_code == 3
    places = [line.split(" ")[0] for line in result.stderr.splitlines()]
    assert all(place.startswith(f"{config}:") for place in places)
    assert len(places) == 3
    assert "Traceback" not in result.output


def test_what_is_loaded_is_not_gone_through_for_garbage_again() -> None:
    command.settle()
    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold()[0] == command.YOUNG


def test_a_missing_config_is_3(bridgekit: Run, tmp_path: Path) -> None:
    result = bridgekit("run", "-c", tmp_path / "none.yaml")
    assert result.exit_code == 3
    assert "none.yaml: there is no such file" in result.stderr


def test_a_database_that_cannot_be_made_is_5(bridgekit: Run, config: Path, tmp_path: Path) -> None:
    replace(config, "sqlite:///bridgekit.db", "sqlite:///none/bridgekit.db")
    result = bridgekit("run", "-c", config)
    assert result.exit_code == 5
    assert f"database: {tmp_path / 'none' / 'bridgekit.db'} " in result.stderr
    assert "Traceback" not in result.stderr


def test_an_address_in_use_is_6(bridgekit: Run, config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        replace(config, "127.0.0.1:29300", f"127.0.0.1:{port}")
        result = bridgekit("run", "-c", config)
    assert result.exit_code == 6
    assert "appservice.listen: cannot listen there: " in result.stderr
    assert "Traceback" not in result.stderr


def test_an_unexpected_failure_is_1_and_in_the_log(
    bridgekit: Run, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_bridge: object, _stop: object) -> None:
        raise ZeroDivisionError("nobody thought of this")

    monkeypatch.setattr("bridgekit.cli.run.Bridge.run", broken)
    result = bridgekit("run", "-c", config)
    assert result.exit_code == 1
    assert 'level=critical event="the bridge failed; please report this"' in result.stderr
    assert "ZeroDivisionError: nobody thought of this" in result.stderr


async def test_a_token_that_the_homeserver_does_not_know_is_3(connected: Path, site: Path) -> None:
    async with started(connected, site) as process:
        log = await until(process, "the homeserver does not know this token")
        assert await process.wait() == 3
    assert "appservice.as_token: the homeserver does not know this token" in log
    assert "Traceback" not in log


async def test_sigterm_stops_it_with_a_summary(
    connected: Path, site: Path, homeserver: FakeHomeserver
) -> None:
    homeserver.load_registration(registration(connected))
    alice = homeserver.person("alice")
    async with started(connected, site, "--log-format", "json") as process:
        log = await until(process, "homeserver and bridge reach each other")
        assert '"event": "starting"' in log
        room = await alice.create_room(invite=["@bridgebot:example.org"])
        await until(process, '"to": "room"')
        await alice.say(room, "help")
        await until(process, '"to": "room"')
        process.send_signal(signal.SIGTERM)
        assert '"control": "' in await until(process, '"event": "stopped"')
        assert await process.wait() == 0


async def test_sighup_takes_over_what_can_be_and_prints_what_has_changed(
    connected: Path, site: Path, homeserver: FakeHomeserver
) -> None:
    homeserver.load_registration(registration(connected))
    async with started(connected, site) as process:
        await until(process, "homeserver and bridge reach each other")
        replace(connected, "host: high", "host: higher")
        with connected.open("a") as file:
            file.write("\noperations: {log_level: warning}\n")
        process.send_signal(signal.SIGHUP)
        log = await until(process, "needs a restart")
        assert "operations.log_level: info → warning" in log
        assert "networks.tower.host: high → higher" in log
        replace(connected, "log_level: warning", "log_level: loud")
        process.send_signal(signal.SIGHUP)
        assert "operations.log_level" in await until(process, "the configuration is not reloaded")
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def test_sigterm_stops_it_while_it_waits_for_the_homeserver(
    connected: Path, site: Path, homeserver: FakeHomeserver
) -> None:
    await homeserver.stop()
    async with started(connected, site) as process:
        assert "cannot be reached" in await until(process, "waiting for the homeserver")
        process.send_signal(signal.SIGTERM)
        await until(process, "event=stopped")
        assert await process.wait() == 0
    await homeserver.start()


def answer(event: dict[str, Any]) -> str:
    """What the bot has said; "" if it was another."""
    return str(event["content"].get("body", "")) if event["sender"] == BOT else ""


async def test_rule_26_what_a_second_stop_interrupts_is_said_once_after_the_next_start(
    connected: Path, site: Path, homeserver: FakeHomeserver
) -> None:
    homeserver.load_registration(registration(connected))
    alice = homeserver.person("alice")
    async with started(connected, site) as process:
        await until(process, "homeserver and bridge reach each other")
        room = await alice.create_room(invite=[BOT])
        await until(process, "to=room")
        sent = homeserver.delay("PUT", "/send/")
        await alice.say(room, "help whoami")
        await sent.reached.wait()
        process.send_signal(signal.SIGINT)
        await until(process, "event=stopping")
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 130
    sent.release()  # it takes effect, and nobody is left to hear of it
    async with started(connected, site):
        await alice.say(room, "help networks")
        await alice.wait_for(room, lambda event: answer(event).startswith("networks"))
    answers = [answer(one) for one in await alice.messages(room) if answer(one)]
    assert [one.split()[0] for one in answers] == ["whoami:", "networks:"]


def test_the_second_sigint_stops_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []
    monkeypatch.setattr("os._exit", codes.append)
    stop = asyncio.Event()
    command._interrupted(stop)
    assert (stop.is_set(), codes) == (True, [])
    command._interrupted(stop)
    assert codes == [130]
