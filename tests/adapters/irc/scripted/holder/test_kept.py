"""What the holder keeps when a connection ends that no bridge listens to, and when it ends one."""

import asyncio
import errno
import os
import stat
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from bridgekit import RetryLater, Severity
from bridges.irc.connection import Address
from bridges.irc.doctor import _holding
from bridges.irc.holder import slot as module
from bridges.irc.holder.journal import Journal
from bridges.irc.holder.process import Holder
from bridges.irc.holder.slot import Slot

TO = Address("irc.test", 6697, tls=True, verify=True, ca_file=None, certificate=None, timeout=30.0)


@pytest.fixture
async def server(scripted):
    """A server that lets everybody in; gives its port, and the connections to it."""
    peers, over = asyncio.Queue(), asyncio.Event()

    async def script(peer):
        await peer.welcome("CASEMAPPING=ascii", "NICKLEN=30")
        peers.put_nowait(peer)
        await over.wait()

    async with scripted(script) as port:
        yield port, peers
        over.set()


@pytest.fixture
def at_work(running, bot_login):
    async def listen(adapter, peers):
        """A bridge that is in #python, and then is gone; the server's side of its connection."""
        async with running(adapter, bot_login(adapter)) as client:
            peer = await peers.get()
            await asyncio.gather(client.enter("#python"), peer.enter("bridgekit", "ann"))
        return peer

    return listen


async def written(folder, text):
    journal = next(folder.glob("*.journal"))
    while text.encode() not in journal.read_bytes():  # noqa: ASYNC110 (a file tells nobody)
        await asyncio.sleep(0)


async def test_a_holder_that_is_stopped_has_kept_what_it_heard(
    tmp_path, server, adapter_on, at_work, bot_login, host
):
    port, peers = server
    folder, socket = tmp_path / "journal", tmp_path / "holder.sock"
    adapter = adapter_on(port, holder=str(socket))
    async with Holder(folder, keep=60).listening(socket):
        peer = await at_work(adapter, peers)
        peer.say(":ann!a@h PRIVMSG #python :anybody?")
        await written(folder, "anybody?")
    assert await peer.expect("QUIT") == "QUIT :The bridge is stopped"
    async with Holder(folder, keep=60).listening(socket):
        async with adapter.connect(bot_login(adapter)) as client:
            with pytest.raises(Exception, match="The holder"):
                await client.run()
        assert (await host.message("anybody?")).sender == "ann"


async def test_a_bridge_that_comes_back_late_hears_what_was_said_until_it_was_too_late(stage, host):
    async with stage.bridge() as client:
        peer = await stage.peers.get()
        await asyncio.gather(client.enter("#python"), peer.enter("bridgekit", "ann"))
    peer.say(":ann!a@h PRIVMSG #python :anybody?")
    await stage.kept("anybody?")
    (slot,) = stage.holder._slots.values()
    stage.holder._leave(slot)
    assert await peer.expect("QUIT") == "QUIT :The bridge is away"
    async with stage.adapter.connect(stage.login) as client:
        with pytest.raises(Exception, match="waited for the bridge for too long"):
            await client.run()
    assert (await host.message("anybody?")).sender == "ann"
    async with stage.bridge() as client:
        assert not client.resumes


async def test_what_was_said_is_dated_when_it_was_heard(stage, host, said, monkeypatch):
    """An hour's talk was not said at the moment in which the bridge came back."""
    async with stage.bridge() as client:
        peer = await stage.peers.get()
        await asyncio.gather(client.enter("#python"), peer.enter("bridgekit", "ann"))
    heard = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
    monkeypatch.setattr(module, "time", SimpleNamespace(time=heard.timestamp))
    peer.say(
        ":ann!a@h PRIVMSG #python :one",
        "@account=ann :ann!a@h PRIVMSG #python :two",
        "@time=2026-01-01T12:00:00.000Z;msgid=m3 :ann!a@h PRIVMSG #python :three",
    )
    await stage.kept("three")
    async with stage.bridge():
        three = await host.message("three")
    told = {said(event): event.at for event in host.events if said(event)}
    assert told == {"one": heard, "two": heard, "three": heard.replace(minute=0)}
    assert three.id == "m3"


async def test_nothing_is_left_of_a_connection_of_which_all_is_told(
    tmp_path, server, adapter_on, at_work
):
    port, peers = server
    folder, socket = tmp_path / "journal", tmp_path / "holder.sock"
    async with Holder(folder, keep=60).listening(socket):
        await at_work(adapter_on(port, holder=str(socket)), peers)
    assert list(folder.iterdir()) == []


async def test_other_settings_are_a_new_connection_and_lose_nothing(stage, server, host):
    async with stage.bridge() as client:
        old = await stage.peers.get()
        await asyncio.gather(client.enter("#python"), old.enter("bridgekit", "ann"))
    old.say(":ann!a@h PRIVMSG #python :anybody?")
    await stage.kept("anybody?")
    port, peers = server
    stage.adapter.config = stage.adapter.config.model_copy(update={"port": port})
    async with stage.adapter.connect(stage.login) as client:
        with pytest.raises(Exception, match="The settings have changed"):
            await client.run()
    assert (await old.expect("QUIT")).startswith("QUIT :Coming back with other settings")
    await host.message("anybody?")
    async with stage.bridge() as client:
        assert not client.resumes
        new = await peers.get()
        await asyncio.gather(client.enter("#python"), new.enter("bridgekit", "ann"))
    stage.adapter.config = stage.adapter.config.model_copy(update={"timeout": 31.0})
    async with stage.bridge() as client:  # how long we wait is no matter of the connection
        assert client.resumes


async def test_a_ping_is_answered_whatever_stands_in_front_of_it(stage):
    async with stage.bridge():
        peer = await stage.peers.get()
    peer.say(f"@time=2026-01-01T00:00:00.000Z :{'very.' * 12}long.example.org PING :still-there")
    assert await peer.expect("PONG") == "PONG still-there"


async def test_the_doctor_says_whether_a_holder_answers(tmp_path):
    socket = tmp_path / "holder.sock"
    missing = await _holding(socket)
    assert (missing.severity, missing.id) == (Severity.ERROR, "irc-holder")
    assert f"irc-holder --socket {socket}" in (missing.fix or "")
    async with Holder(tmp_path / "journal", keep=60).listening(socket):
        assert (await _holding(socket)).severity is Severity.OK


async def test_the_socket_is_its_users_from_its_first_moment(tmp_path, monkeypatch):
    """There is no time in which somebody else on the machine could open it."""
    monkeypatch.setattr(Path, "chmod", lambda *_: None)
    socket, before = tmp_path / "holder.sock", os.umask(0o022)
    try:
        async with Holder(tmp_path / "journal", keep=60).listening(socket):
            assert stat.S_IMODE(socket.stat().st_mode) == 0o600
            (beside := tmp_path / "beside").touch()
            assert stat.S_IMODE(beside.stat().st_mode) == 0o644, "it is so for nothing else"
    finally:
        os.umask(before)


@pytest.fixture
async def slot(tmp_path, monkeypatch):
    """A slot of a holder, whose dialling a test answers."""
    dialled = asyncio.Queue()

    async def dial(_to):
        asked = asyncio.get_running_loop().create_future()
        dialled.put_nowait(asked)
        return await asked

    monkeypatch.setattr(module, "dial", dial)
    async with asyncio.TaskGroup() as tasks:
        made = Slot("bot", tmp_path, 0.0, tasks)
        yield made, dialled
        made.clear()


class Silent:
    """A connection that says nothing."""

    closed = False

    def watched(self, _ping):
        return nullcontext()

    async def read(self):
        await asyncio.Event().wait()

    def shut(self):
        self.closed = True


async def test_of_two_bridges_that_ask_at_once_the_later_has_the_connection(slot):
    slot, dialled = slot
    first = asyncio.create_task(slot.connect(TO))
    old = await dialled.get()
    second = asyncio.create_task(slot.connect(TO))
    new = await dialled.get()
    one, other = Silent(), Silent()
    new.set_result(other)
    await second
    old.set_result(one)
    with pytest.raises(RetryLater):
        await first
    assert (one.closed, other.closed, slot.alive) == (True, False, True)


async def test_who_signs_out_while_it_is_dialled_is_not_connected(slot):
    slot, dialled = slot
    connecting = asyncio.create_task(slot.connect(TO))
    asked = await dialled.get()
    slot.clear()
    late = Silent()
    asked.set_result(late)
    with pytest.raises(RetryLater):
        await connecting
    assert (late.closed, slot.alive) == (True, False)


async def test_a_full_disk_ends_no_connection(slot, monkeypatch):
    slot, dialled = slot
    connecting = asyncio.create_task(slot.connect(TO))
    (await dialled.get()).set_result(Silent())
    await connecting

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fdopen", full)
    slot.remember("what the next bridge needs")
    assert (slot.state, slot.alive) == ("what the next bridge needs", True)


def test_how_long_somebody_waits_changes_no_connection(tmp_path):
    slot = Slot("bot", tmp_path, 0.0, asyncio.TaskGroup())
    slot.address = TO
    assert slot.leads_to(replace(TO, timeout=1.0))
    assert not slot.leads_to(replace(TO, host="irc.example"))


@pytest.mark.parametrize("damaged", [b"\0" * 40, b"\xff", b'["cut', b"1"])
async def test_a_state_that_a_disk_has_damaged_is_none_and_that_is_said(slot, caplog, damaged):
    slot, dialled = slot
    connecting = asyncio.create_task(slot.connect(TO))
    (await dialled.get()).set_result(Silent())
    await connecting
    slot.journal.append([b":irc.test 001 amy :Hi"], 1.5)
    slot.remember('["sound"]')
    assert Slot("bot", slot._stem.parent, 0.0, asyncio.TaskGroup()).state == '["sound"]'
    slot._state_path.write_bytes(damaged)
    assert Slot("bot", slot._stem.parent, 0.0, asyncio.TaskGroup()).state == ""
    assert caplog.messages[-1].endswith(".state is damaged: its connection is begun anew")


def test_a_line_with_a_nul_is_kept_with_what_is_behind_it(tmp_path):
    path = tmp_path / "one.journal"
    journal = Journal(path)
    journal.append([b"one", b"t\0wo", b"three"], 1.5)
    journal.close(remove=False)
    assert Journal(path).last == 3


def test_what_is_lost_of_a_damaged_journal_is_said(tmp_path, caplog):
    path = tmp_path / "one.journal"
    path.write_bytes(b"1 1.500 one\nx 1.500 two\n3 1.500 three\n")
    assert Journal(path).last == 1
    path.write_bytes(b"1 1.500 one\n2 1.50")
    assert Journal(path).last == 1
    assert caplog.messages == [f"{path} is damaged: what is behind line 1 is lost"]
