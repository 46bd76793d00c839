"""Starting and stopping: what is wrong is said in a sentence, and whatever ends, ends in order."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bridgekit import Adapter
from bridgekit.bridge import Bridge
from bridgekit.configuration.settings import RoomsSettings
from bridgekit.errors import AddressError, ConfigError, DatabaseError
from bridgekit.login.owners import Owners
from bridgekit.matrix.inbox import Inbox
from bridgekit.membership.reconciler import Reconciler
from bridgekit.past.gaps import Gaps
from bridgekit.room.linking import Linking
from bridgekit.store.failure import StoreDown
from bridgekit.store.jobs import Jobs
from bridgekit.store.writer import Writer
from bridgekit.testing.clock import VirtualClock, settle
from bridgekit.testing.rig import Rig
from tests.core.until import logged

ALIAS = "#loop_#room:example.org"


def refused(rig, monkeypatch, **appservice):
    """Start with another registration than the homeserver has; what the bridge says."""
    config = rig.config
    wrong = replace(config, appservice=config.appservice.model_copy(update=appservice))
    monkeypatch.setattr(Rig, "config", wrong)
    return rig.start()


async def test_a_homeserver_that_is_down_is_waited_for_and_said(tmp_path, database):
    clock = VirtualClock()
    async with Rig(tmp_path, clock, database=database) as rig:
        await rig.hs.stop()
        with capture_logs() as logs:
            starting = asyncio.ensure_future(rig.start())
            for _ in range(3):
                await clock.wait_for_timer(within=60)
                await clock.advance(30)
        waits = [line for line in logs if line["event"] == "waiting for the homeserver"]
        assert waits
        assert "cannot be reached" in waits[0]["why"]
        assert not rig.network.clients  # no network is touched before
        await rig.hs.start()
        await clock.wait_for_timer(within=60)
        await clock.advance(30)
        await starting
        await rig.hs.person("alice").join(ALIAS)


@pytest.mark.parametrize(
    ("part", "method"), [(Owners, "load"), (Linking, "prepare"), (Gaps, "load"), (Writer, "write")]
)
async def test_a_database_that_is_lost_while_the_bridge_starts_is_waited_for(
    rig, monkeypatch, part, method
):
    done, failures = getattr(part, method), [StoreDown(), StoreDown()]

    async def failing(*arguments, **named):
        if failures:
            raise failures.pop()
        return await done(*arguments, **named)

    monkeypatch.setattr(part, method, failing)
    monkeypatch.setattr("bridgekit.patience.AFTER", 0.0)
    await rig.start()
    assert not failures
    await rig.hs.person("alice").join(ALIAS)


async def test_a_room_version_that_there_is_not_ends_the_start_with_what_there_is(rig):
    rig.settings = {**rig.settings, "rooms": RoomsSettings(version="99x")}
    with pytest.raises(ConfigError, match=r"rooms.version: .* of version 99x; write one of 1, 2,"):
        await rig.start()


async def test_a_homeserver_that_names_no_room_versions_is_believed(rig):
    rig.settings = {**rig.settings, "rooms": RoomsSettings(version="99x")}
    asked = rig.hs.fail("GET", "/capabilities", status=404)
    await rig.start()
    assert asked.struck


async def test_a_bridge_that_waits_for_its_homeserver_can_be_stopped(rig):
    await rig.hs.stop()
    starting = asyncio.ensure_future(rig.start())
    async with asyncio.timeout(60):
        while rig.task is None:
            await settle()
        rig._stop.set()
        await rig.task
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    rig.task = None


async def test_a_token_that_the_homeserver_does_not_know_is_a_fault_of_the_config(rig, monkeypatch):
    with pytest.raises(ConfigError, match=r"as_token: the homeserver does not know this token"):
        await refused(rig, monkeypatch, as_token=SecretStr("another"))


async def test_a_bot_that_the_registration_does_not_name_is_a_fault_of_the_config(rig, monkeypatch):
    with pytest.raises(ConfigError, match=r"appservice\.bot"):
        await refused(rig, monkeypatch, bot="somebodyelse")


async def test_what_is_no_homeserver_is_a_fault_of_the_config(rig):
    rig.hs.fail("GET", "/versions", status=404, errcode="M_UNRECOGNIZED")
    with pytest.raises(ConfigError, match=r"is http://.* a Matrix homeserver"):
        await rig.start()


async def test_a_port_in_use_is_said_and_nothing_is_left_behind(rig):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", rig._port))
        taken.listen()
        with pytest.raises(AddressError, match=r"appservice\.listen"):
            await rig.start()
    rig.task = None
    await rig.start()


async def test_a_second_bridge_on_the_same_database_is_refused(rig):
    await rig.start()
    second = Bridge(rig.config, rig.clock)
    with pytest.raises(DatabaseError, match="in use"):
        await second.run(asyncio.Event())
    await rig.hs.person("alice").join(ALIAS)  # the first one works on


async def test_a_start_ends_the_back_off_of_the_homeserver(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    await rig.hs.pushed()
    await rig.stop()
    await alice.say(room, "while you were away")
    pusher = rig.hs._pusher(None)
    await rig.hs.wait_for(lambda: pusher._failures)
    pusher._failures = 9  # it will not ask again for more than eight minutes
    await rig.start()
    await rig.network.wait(lambda: rig.network.texts() == ["while you were away"])


async def test_one_ping_that_fails_is_no_proof(rig):
    rig.hs.fail("POST", "/ping", status=502, errcode="M_CONNECTION_FAILED")
    with capture_logs() as logs:
        await rig.start()
    assert not [one for one in logs if "cannot reach this bridge" in one["event"]]


async def test_a_homeserver_that_cannot_reach_us_is_said(rig):
    rig.hs.fail("POST", "/ping", status=502, errcode="M_CONNECTION_FAILED", times=None)
    with capture_logs() as logs:
        await rig.start()
    (line,) = [one for one in logs if "cannot reach this bridge" in one["event"]]
    assert "doctor" in line["fix"]


async def test_a_ping_that_hangs_does_not_keep_the_bridge_from_stopping(rig):
    gate = rig.hs.delay("POST", "/ping")
    rig._stop = asyncio.Event()
    bridge = Bridge(rig.config, rig.clock)
    stop = asyncio.Event()
    rig.task = asyncio.create_task(bridge.run(stop))
    await gate.reached.wait()
    stop.set()
    async with asyncio.timeout(60):
        await rig.task
    rig.task = None


@pytest.mark.parametrize(
    ("part", "method"), [(Inbox, "run"), (Reconciler, "run"), (Jobs, "open")], ids=str
)
async def test_a_part_that_dies_stops_the_bridge_with_its_cause(rig, monkeypatch, part, method):
    async def dies(*_):
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(part, method, dies)
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 (it may die at either of these)
        await rig.start()
        await rig.task
    rig.task = None


async def test_what_is_in_flight_is_finished_when_another_part_dies(rig, monkeypatch):
    dying = asyncio.Event()

    async def dies(*_):
        await dying.wait()
        raise ZeroDivisionError

    monkeypatch.setattr(Reconciler, "run", dies)
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    gate = rig.hs.delay("PUT", "/send/")
    await rig.network.say("#room", "bob", "one", id="m1")
    await gate.reached.wait()
    dying.set()
    await settle()
    gate.release()
    with pytest.raises(ZeroDivisionError):
        await rig.task
    rig.task = None
    assert await alice.bodies(room) == ["one"]
    monkeypatch.undo()
    rig.hs.requests.clear()
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))
    assert rig.hs.requests["PUT /rooms/{room}/send/{type}/{txn}"] == 0


@pytest.mark.parametrize("grouped", [False, True], ids=["bare", "in a group"])
async def test_a_network_whose_lifespan_finds_a_fault_of_the_config_stays_off(
    rig, monkeypatch, grouped
):
    entered = []

    @asynccontextmanager
    async def lifespan(_self):
        entered.append(1)
        fault = ConfigError("loop.token: is missing")
        if grouped:
            raise ExceptionGroup("tasks", [fault])
        raise fault
        yield

    monkeypatch.setattr(Adapter, "lifespan", lifespan)
    with capture_logs() as logs:
        await rig.start()
        (line,) = await logged(logs, "network stays off")
    assert line["why"] == "loop.token: is missing"
    assert len(entered) == 1
    await rig.stop()


async def test_a_network_whose_lifespan_breaks_is_entered_anew(rig, monkeypatch):
    entered = asyncio.Event()
    tries = []

    @asynccontextmanager
    async def lifespan(_self):
        tries.append(1)
        async with asyncio.TaskGroup() as group:
            if len(tries) < 3:
                group.create_task(_dies(rig))
            else:
                entered.set()
            yield

    monkeypatch.setattr(Adapter, "lifespan", lifespan)
    await rig.start()
    async with asyncio.timeout(60):
        await entered.wait()
    await rig.network.wait(lambda: bool(rig.network.clients))
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    await rig.network.say("#room", "bob", "alive", id="m1")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "alive")


async def _dies(rig):
    """A shared socket that breaks once somebody is connected."""
    await rig.network.wait(lambda: bool(rig.network.clients))
    raise ConnectionResetError


async def test_starting_and_stopping_leaves_no_task_behind(rig):
    await rig.start()
    await rig.hs.person("alice").join(ALIAS)
    await rig.stop()
    before = {task.get_name() for task in asyncio.all_tasks()}
    names = {"queue", "inbox", "members", "links", "ping", "stop", "start", "login", "store writer"}
    assert not before & names
    assert not any(name.startswith(("lane", "network")) for name in before)
