"""A database that was restored from a copy: what it has forgotten is not done twice (rule 27)."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bridgekit import bridge as bridge_module
from bridgekit.epoch import ACCOUNT_DATA, EVERY
from bridgekit.ids import PortalID
from bridgekit.models import lane_to_matrix
from bridgekit.supports import Absence, SupportsHistory
from bridgekit.testing.clock import VirtualClock
from bridgekit.testing.rig import DOMAIN, Rig

pytestmark = pytest.mark.sqlite

BOT = f"@bridgebot:{DOMAIN}"
UNSORTED = 'SELECT body FROM "transaction" WHERE body IS NOT NULL'
SAID = datetime.now(UTC) - timedelta(minutes=1)


class Copied:
    """A bridge, and a copy of its database."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig, self.folder = rig, folder

    async def start(self) -> list[str]:
        """What it said at the start."""
        with capture_logs() as logs:
            await self.rig.start()
        self.alice = self.rig.hs.person("alice")
        self.room = await self.alice.join("#loop_#room:example.org")
        return [entry["event"] for entry in logs]

    def copy(self) -> str:
        """As an operator does while the bridge runs; what is accepted in it, and not sorted."""
        with (
            closing(sqlite3.connect(self.folder / "bridge.db")) as database,
            closing(sqlite3.connect(self.folder / "copy.db")) as copy,
        ):
            database.backup(copy)
            return str(copy.execute(UNSORTED).fetchall())

    def held(self) -> tuple[asyncio.Event, asyncio.Event]:
        """What comes next waits at the network: that it is there, and that it may go on."""
        reached, go = asyncio.Event(), asyncio.Event()

        async def waiting(_: object) -> None:
            reached.set()
            await go.wait()

        self.rig.network.before.append(waiting)
        return reached, go

    async def restore(self) -> list[str]:
        """Put the copy in its place, and start; the homeserver remembers no transaction IDs."""
        await self.rig.stop()
        for path in self.folder.glob("bridge.db*"):
            path.unlink()
        (self.folder / "copy.db").rename(self.folder / "bridge.db")
        await self.rig.hs.restart()
        return await self.start()

    async def bob(self, name: str, at: datetime | None = SAID) -> None:
        await self.rig.network.say("#room", "bob", name, id=name, at=at)
        await self.alice.wait_for(self.room, lambda event: event["content"].get("body") == name)

    async def bodies(self) -> list[str]:
        return [body for body in await self.alice.bodies(self.room) if "may not" not in body]


@pytest.fixture
async def copied(tmp_path):
    async with Rig(tmp_path) as rig:
        yield Copied(rig, tmp_path)


def restored(said: list[str]) -> bool:
    return any("restored from a copy" in one for one in said)


async def test_rule_27_what_a_restored_database_has_forgotten_is_known_by_its_marker(copied):
    await copied.start()
    await copied.bob("before")
    copied.copy()
    await copied.bob("forgotten")
    assert restored(await copied.restore())
    network = copied.rig.network
    for name in ("before", "forgotten", "new"):  # as a gap fill brings them
        await network.say("#room", "bob", name, id=name, at=SAID)
    await copied.alice.wait_for(copied.room, lambda event: event["content"].get("body") == "new")
    assert await copied.bodies() == ["before", "forgotten", "new"]


async def test_rule_27_a_found_message_is_linked_again(copied):
    await copied.start()
    copied.copy()
    await copied.bob("forgotten")
    await copied.restore()
    await copied.rig.network.say("#room", "bob", "forgotten", id="forgotten", at=SAID)
    await copied.bob("later")
    (event,) = [
        event
        for event in await copied.alice.messages(copied.room)
        if event["content"]["body"] == "forgotten"
    ]
    await copied.alice.reply(copied.room, event["event_id"], "an answer")
    await copied.rig.network.wait(lambda: "an answer" in copied.rig.network.texts())
    assert copied.rig.network.heard[-1].message.reply_to == "forgotten"


async def with_two_open(copied: Copied, remembers: Absence | None) -> list[str]:
    """Two messages of alice's are open in the copy, and sent afterwards; what the network heard."""
    network = copied.rig.network
    network.lacks = frozenset({SupportsHistory})  # which would show that they were taken
    network.remembers = remembers
    await copied.start()
    await copied.alice.say(copied.room, "the first")
    await network.wait(lambda: network.texts() == ["the first"])
    reached, go = copied.held()
    for text in ("under way", "behind it"):
        await copied.alice.say(copied.room, text)
    await reached.wait()
    await copied.rig.hs.pushed()
    await copied.rig.bridge.parts.matrix.inbox.drained()
    copied.copy()
    go.set()
    await network.wait(lambda: len(network.texts()) == 3)
    assert restored(await copied.restore())
    await copied.alice.say(copied.room, "new")
    await network.wait(lambda: "new" in network.texts())
    return network.texts()


async def test_rule_27_what_was_open_in_the_copy_is_asked_about_before_it_is_sent(copied):
    heard = await with_two_open(copied, Absence.ABSENT)
    assert heard == ["the first", "under way", "behind it", "new"]
    assert len(copied.rig.network.looked_up) == 2


async def test_rule_27_what_nobody_can_tell_is_told_and_not_sent_again(copied):
    heard = await with_two_open(copied, None)
    assert heard == ["the first", "under way", "behind it", "new"]
    bodies = await copied.alice.bodies(copied.room)
    assert sum("may not have been" in body for body in bodies) == 2


async def test_rule_27_what_was_accepted_and_not_sorted_yet_in_the_copy_is_in_doubt(copied):
    network = copied.rig.network
    network.lacks = frozenset({SupportsHistory})  # which would show that it was taken
    await copied.start()
    await copied.alice.say(copied.room, "the first")
    await network.wait(lambda: network.texts() == ["the first"])
    inbox, go = copied.rig.bridge.parts.matrix.inbox, asyncio.Event()
    split = inbox._split

    async def later(transaction):
        await go.wait()
        await split(transaction)

    inbox._split = later
    await copied.alice.set_display_name("Alice")  # a state waits, and what comes behind it
    await copied.alice.say(copied.room, "accepted")
    await copied.rig.hs.pushed()
    assert '"accepted"' in copied.copy()
    go.set()
    await network.wait(lambda: len(network.texts()) == 2)
    assert restored(await copied.restore())
    await copied.alice.say(copied.room, "new")
    await network.wait(lambda: "new" in network.texts())
    assert network.texts() == ["the first", "accepted", "new"]
    bodies = await copied.alice.bodies(copied.room)
    assert sum("may not have been" in body for body in bodies) == 1


async def test_rule_27_what_the_homeserver_brings_while_the_copy_starts_was_never_sent(
    copied, monkeypatch
):
    network, ready = copied.rig.network, bridge_module.homeserver_ready
    await copied.start()
    copied.copy()
    await copied.bob("forgotten")
    await copied.rig.stop()
    await copied.alice.say(copied.room, "said while it was down")

    async def brought(*asked):
        await ready(*asked)
        await copied.rig.hs.pushed()

    monkeypatch.setattr(bridge_module, "homeserver_ready", brought)
    assert restored(await copied.restore())
    await copied.alice.say(copied.room, "new")
    await network.wait(lambda: "new" in network.texts())
    assert network.texts() == ["said while it was down", "new"]
    assert not any("may not have been" in body for body in await copied.alice.bodies(copied.room))


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_a_bridge_that_only_starts_again_was_not_restored(copied, end):
    await copied.start()
    await copied.bob("one")
    await getattr(copied.rig, end)()
    assert not restored(await copied.start())
    await copied.bob("two")
    assert copied.rig.hs.requests["GET /rooms/{room}/messages"] <= 1


async def test_another_database_is_not_taken_for_an_older_one(copied):
    await copied.start()
    await copied.rig.stop()
    for path in copied.folder.glob("bridge.db*"):
        path.unlink()
    with capture_logs() as logs:
        await copied.rig.start()
    assert not restored([entry["event"] for entry in logs])


@pytest.mark.parametrize("asked", [False, True])
async def test_rule_27_what_was_long_and_open_in_the_copy_is_sent_whole(copied, asked):
    network = copied.rig.network
    network.limits = replace(network.limits, text=5)
    network.idempotent, network.remembers = not asked, Absence.ABSENT if asked else None
    await copied.start()
    reached, go = copied.held()
    await copied.alice.say(copied.room, "hang")
    await copied.alice.say(copied.room, "aaaa bbbb cccc")
    await reached.wait()
    await copied.rig.hs.pushed()
    await copied.rig.bridge.parts.matrix.inbox.drained()
    copied.copy()
    go.set()
    await network.wait(lambda: len(network.texts()) == 4)
    await copied.rig.stop()
    for had in (network.given, network.heard, network.acts):  # as if it never got the copy's
        had.clear()
    assert restored(await copied.restore())
    await copied.alice.say(copied.room, "new")
    await network.wait(lambda: "new" in network.texts())
    assert network.texts() == ["hang", "aaaa", "bbbb", "cccc", "new"]


async def test_rule_27_a_network_whose_clock_is_a_little_fast_doubles_nothing(copied):
    await copied.start()
    copied.copy()
    at = datetime.now(UTC) + timedelta(seconds=30)
    await copied.bob("forgotten", at=at)
    assert restored(await copied.restore())
    await copied.rig.network.say("#room", "bob", "forgotten", id="forgotten", at=at)
    await copied.bob("new")
    assert await copied.bodies() == ["forgotten", "new"]


async def test_a_homeserver_that_keeps_nothing_is_named_once_and_the_bridge_works(copied):
    copied.rig.hs.fail("GET", "/account_data/", status=403, errcode="M_FORBIDDEN", times=None)
    copied.rig.hs.fail("PUT", "/account_data/", status=403, errcode="M_FORBIDDEN", times=None)
    said = await copied.start()
    assert "the homeserver keeps no account data for the bot" in said
    await copied.bob("one")


async def test_what_is_done_is_counted_once_a_minute_and_nothing_is_written_while_nothing_is_done(
    tmp_path,
):
    clock = VirtualClock()
    async with Rig(tmp_path, clock) as rig:
        copied = Copied(rig, tmp_path)
        await copied.start()

        def count() -> int:
            return rig.hs.world.account_data[BOT, ACCOUNT_DATA]["count"]

        async def counted() -> int:
            await rig.bridge.parts.queue.idle(lane_to_matrix(PortalID(1)))
            epoch, status = rig.bridge.parts.epoch, rig.bridge.parts.status
            while epoch._counted != status.counts.total():
                await clock.advance(EVERY)
            return count()

        before = await counted()
        await copied.bob("one", at=None)
        assert await counted() > before
        quiet = count()
        await clock.advance(10 * EVERY)
        assert count() == quiet
        await copied.bob("two", at=None)
        await rig.bridge.parts.queue.idle(lane_to_matrix(PortalID(1)))
        await rig.stop()
        assert count() == quiet + 1, "the last of it when it stops"
