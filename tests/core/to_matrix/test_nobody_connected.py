"""What only a connected client can bring or explain waits for one; other chats do not wait."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.events import Message, Raw, RemoteEvent
from bridgekit.facts import Attachment, AttachmentKind
from bridgekit.ids import LoginID, RemoteUserID
from bridgekit.login import logins
from bridgekit.login.calls import GRACE
from bridgekit.store.jobs import Jobs
from bridgekit.supports import SupportsDownload
from bridgekit.testing.clock import settle
from bridgekit.testing.loopback.client import EveryAbility, LoopbackClient
from bridgekit.to_matrix import files
from tests.core.to_matrix.test_raw import ROOM, passing, said

LOST = "The file notes.txt could not be bridged"


@pytest.fixture
def rig(slow_rig):
    slow_rig.link("#other")
    return slow_rig


@pytest.fixture
def connecting():
    """Once it is set, the logins of a bridge that was restarted are connected."""
    return asyncio.Event()


async def waits_for_login(rig):
    """Return once a job has been told that nobody is connected."""
    jobs = Jobs(rig.bridge.parts.store.reader)
    async with asyncio.timeout(60):
        while "loop is not connected" not in [one.error for one in await jobs.listed()]:
            await settle()


async def dropped(rig, eye):
    """What a login that is connected no more brought, it may still hand over: its host and ID."""
    await rig.network.say("#room", "bob", "before", id="m0")
    await eye.sees("before")  # nothing waits behind the past any more
    login = next(iter(rig.network.clients))
    rig.network.offline = True
    await rig.network.drop()
    await settle()
    return rig.bridge.parts.networks.get("loop").host, login


async def attach(rig, name="notes.txt", served=None, chat="#room"):
    bob = rig.network.person("bob")
    file = bob.file(name, b"some notes", "text/plain")
    if served is not None:
        rig.network.served[file.source] = served
    await bob.attach(chat, file, id=f"id of {name}")


async def restarted(rig, connecting, watch, *, uploaded=False):
    """A file is stored while the homeserver is away, then the bridge stops in order and starts."""
    await rig.start()
    here, there = await watch(rig), await watch(rig, "#other")
    away = [
        rig.hs.fail("PUT", "/send/", status=502, times=None),
        *([] if uploaded else [rig.hs.fail("POST", "/upload", status=502, times=None)]),
    ]
    await attach(rig)
    await rig.network.say("#room", "bob", "behind it", id="m2")
    await rig.network.say("#other", "bob", "elsewhere", id="m3")
    await rig.hs.wait_for(lambda: all(fault.struck for fault in away))
    await rig.stop()
    for fault in away:
        fault.clear()

    async def slowly(_login):
        await connecting.wait()

    rig.network.connecting = slowly
    await rig.start()
    return here, there


async def test_a_file_that_waits_over_a_restart_is_bridged_once_its_login_is_connected(
    rig, connecting, watch
):
    here, there = await restarted(rig, connecting, watch)
    await there.sees("elsewhere")
    await waits_for_login(rig)
    assert await here.bodies() == []
    connecting.set()
    shown = await here.sees("notes.txt", "behind it")
    assert await here.alice.download(shown[0]["content"]["url"]) == b"some notes"


async def test_a_file_that_was_uploaded_before_a_restart_needs_nobody(rig, connecting, watch):
    here, _ = await restarted(rig, connecting, watch, uploaded=True)
    await here.sees("notes.txt", "behind it")
    assert not rig.network.clients


async def test_a_login_that_is_refused_after_all_holds_its_files_no_longer(rig, connecting, watch):
    here, _ = await restarted(rig, connecting, watch)
    await waits_for_login(rig)
    rig.network.refuse = "the bot is banned"
    connecting.set()
    notice, _ = await sees_lost(here, "behind it")
    assert "Nobody is connected" in notice


async def test_a_login_that_does_not_connect_for_a_day_holds_its_files_no_longer(
    rig, connecting, clock, watch, monkeypatch
):
    monkeypatch.setattr(logins, "GIVEN_UP", 120.0)
    here, _ = await restarted(rig, connecting, watch)
    await waits_for_login(rig)
    await clock.advance(60)
    assert await here.bodies() == []
    async with passing(clock):
        await sees_lost(here, "behind it")


async def sees_lost(eye, behind):
    async with asyncio.timeout(60):
        await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == behind)
    bodies = await eye.bodies()
    assert [body[: len(LOST)] for body in bodies] == [LOST, behind]
    return bodies


async def test_a_file_is_read_anew_after_a_connection_that_was_away_for_long(rig, clock, watch):
    await rig.start()
    eye = await watch(rig)
    began = asyncio.Event()

    async def read():
        yield b"some "
        began.set()
        if len(asked) == 1:
            await asyncio.Event().wait()  # its client forgets whoever waits
        yield b"notes"

    asked = []

    def served():
        asked.append(next(iter(rig.network.clients)))  # nobody is there: it fails
        return read()

    await attach(rig, served=served)
    await began.wait()
    rig.network.offline = True
    await rig.network.drop()
    await clock.advance(GRACE + 60)
    await waits_for_login(rig)
    rig.network.offline = False
    async with passing(clock):
        (shown,) = await eye.sees("notes.txt")
    assert await eye.alice.download(shown["content"]["url"]) == b"some notes"
    assert len(asked) == 2


async def test_a_file_that_ends_each_connection_is_given_up(rig, clock, watch):
    await rig.start()
    eye = await watch(rig)
    asked = []

    async def ends_it():
        asked.append(LoginID("bot"))
        await rig.network.drop()
        await settle()
        raise ConnectionError("the server hung up")
        yield b""

    await attach(rig, served=ends_it)
    async with passing(clock):
        await eye.alice.wait_for(eye.room, lambda event: LOST in event["content"].get("body", ""))
    assert len(asked) < 20


async def test_a_converter_that_forgets_who_waits_is_asked_again_by_the_next_connection(
    rig, clock, watch
):
    await rig.start()
    eye = await watch(rig)
    (client,) = rig.network.clients.values()
    asked = asyncio.Event()

    async def forgets(_raw):
        asked.set()
        await asyncio.Event().wait()

    client.convert = forgets
    rig.network.meanings[b"x"] = lambda: [said("at last", id="m1")]
    await rig.network.deliver(Raw(ROOM, "k", b"x"))
    await asked.wait()
    await rig.network.drop()
    async with passing(clock):
        await eye.sees("at last")


async def test_a_converter_may_fail_as_often_however_long_it_waited_for_its_login(
    rig, clock, watch
):
    await rig.start()
    eye = await watch(rig)
    answers = [ConnectionError("busy"), ConnectionError("busy")]

    def meaning():
        if answers:
            raise answers.pop()
        return [said("at last", id="m1")]

    rig.network.meanings[b"x"] = meaning
    host, login = await dropped(rig, eye)
    await host.receive(login, Raw(ROOM, "k", b"x"))
    await waits_for_login(rig)
    await clock.advance(60)
    rig.network.offline = False
    async with passing(clock):
        await eye.sees("before", "at last")


async def test_a_private_file_is_read_by_a_login_that_nobody_has_used_for_long(rig, clock):
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join("#loop_#room:example.org")
    await alice.say(room, "hello")
    await rig.network.wait(lambda: len(rig.network.clients) > 1)
    hers = next(login for login in rig.network.clients if login != "loop:bot")
    away = rig.hs.fail("POST", "/upload", status=502, times=None)
    bob = rig.network.person("bob")
    file = Message((), attachments=(bob.file("notes.txt", b"some notes", "text/plain"),))
    await rig.network.emit("bob", "bob", file, id="p1", to=hers)
    await rig.hs.wait_for(lambda: away.struck)
    await rig.stop()
    away.clear()
    await clock.advance(2 * 3600)
    await rig.start()
    async with passing(clock):
        await rig.hs.wait_for(lambda: "notes.txt" in everything_said(rig))


def everything_said(rig):
    rooms = rig.hs.world.rooms.values()
    return [event.content.get("body") for room in rooms for event in room.events]


@pytest.mark.parametrize("client", [LoopbackClient, EveryAbility])
async def test_a_url_waits_only_where_clients_may_read_it_themselves(
    rig, watch, monkeypatch, client
):
    monkeypatch.setattr(files, "yielded", lambda _: [client])
    await rig.start()
    eye = await watch(rig)
    host, login = await dropped(rig, eye)
    page = Attachment(AttachmentKind.FILE, "https://127.0.0.1/notes", "notes.txt")
    await host.receive(login, said("see", id="m1"))
    shown = RemoteEvent(ROOM, RemoteUserID("bob"), Message((), attachments=(page,)))
    await host.receive(login, shown)
    if issubclass(client, SupportsDownload):
        await waits_for_login(rig)
    else:
        await eye.sees("before", "see", f"{LOST}. This address is not public")
