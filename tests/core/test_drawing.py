"""The drawing in docs/delivery.svg is that of the tables, and the tables are what happens."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bridgekit.adapter import Login
from bridgekit.configuration.fallback_settings import ExpirySettings
from bridgekit.errors import RetryLater
from bridgekit.models import Outcome, PartState
from bridgekit.states import LOGIN, PART, PORTAL
from bridgekit.store.jobs import revive
from bridgekit.supports import Absence
from bridgekit.testing.clock import VirtualClock
from bridgekit.testing.rig import Rig
from docs import draw_clients
from docs.draw import FILE, machines, svg
from tests.core.to_network.conftest import Gate, Stage

HOUR = 3600.0  # `expire_after`
WATCH = """
CREATE TABLE part_moves (was TEXT, became TEXT);
CREATE TRIGGER part_begun AFTER INSERT ON part WHEN NEW.state != 'planned'
BEGIN INSERT INTO part_moves VALUES ('planned', NEW.state); END;
CREATE TRIGGER part_changed AFTER UPDATE ON part WHEN NEW.state != OLD.state
BEGIN INSERT INTO part_moves VALUES (OLD.state, NEW.state); END;
"""


def test_the_drawings_are_current() -> None:
    assert FILE.read_text("utf-8") == svg(), "run: python -m docs.draw"
    clients = draw_clients.FILE.read_text("utf-8")
    assert clients == draw_clients.svg(), "run: python -m docs.draw_clients"


def test_every_state_and_every_move_is_in_the_drawing() -> None:
    parts, logins, portals = machines()
    for drawn, table in ((parts, PART), (logins, LOGIN)):
        assert {state for state, _ in table} | set(table.values()) == set(drawn.boxes)
        for (state, move), after in table.items():
            assert move.value in drawn.arrows[state, after]
    assert set(PORTAL) == set(portals.boxes)
    moves = {(state, after) for state, following in PORTAL.items() for after in following}
    assert {(state, after) for state, after in moves if state is not after} == set(portals.arrows)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with Rig(tmp_path, VirtualClock()) as rig:
        rig.network_settings["expire_after"] = ExpirySettings(to_network=1)
        yield Stage(rig)


@pytest.mark.sqlite
async def test_a_part_goes_through_what_the_table_says_and_through_all_of_it(stage: Stage) -> None:
    """Every story that a part can have, told on a database that writes its moves down."""
    await stage.begin()
    await stage.rig.stop()
    with closing(sqlite3.connect(_file(stage))) as database:
        database.executescript(WATCH)
    await stage.start()
    await _in_several_parts(stage)
    await _refused_for_now(stage)
    await _stopped_meanwhile(stage)
    await _undecided_and_retried(stage)
    await _shown_after_all(stage)
    await _restored_from_a_copy(stage)
    with closing(sqlite3.connect(_file(stage))) as database:
        rows = database.execute("SELECT was, became FROM part_moves").fetchall()
    seen = {(PartState(was), PartState(became)) for was, became in rows}
    assert seen == {(state, after) for (state, _), after in PART.items()}


def _file(stage: Stage) -> Path:
    return Path(stage.rig.database.removeprefix("sqlite:///"))


async def _ended(stage: Stage, count: int) -> Outcome:
    """The last of so many outcomes; time passes."""
    async with asyncio.timeout(60):
        while len(stage.to_network()) < count:
            await stage.turn()
            await stage.rig.clock.advance(0.5)
    return stage.to_network()[count - 1]


async def _says(stage: Stage, text: str) -> str:
    return await stage.alice.say(stage.room, text)


async def _in_several_parts(stage: Stage) -> None:
    stage.network.limits = replace(stage.network.limits, text=20)
    for count, stage.network.idempotent in ((1, True), (2, False)):
        await _says(stage, "this is said in more than one part")
        await _ended(stage, count)


async def _refused_for_now(stage: Stage) -> None:
    stage.network.before.append(lambda _: RetryLater("busy", after=0.01))
    await _says(stage, "later")
    await _ended(stage, 3)


async def _stopped_meanwhile(stage: Stage) -> None:
    stage.network.remembers = Absence.ABSENT
    await _stopped_at(stage, "held")
    await stage.start()
    await _ended(stage, 4)


async def _stopped_at(stage: Stage, text: str) -> None:
    """The bridge stops in order while this is on its way."""
    hold = Gate()
    stage.network.before.append(hold)
    await _says(stage, text)
    await hold.reached.wait()
    stopping = asyncio.create_task(stage.rig.stop())
    await stage.rig.clock.wait_for_timer(within=20)
    await stage.rig.clock.advance(20)
    await stopping


async def _undecided_and_retried(stage: Stage) -> None:
    stage.network.remembers = Absence.UNSURE
    stage.network.after.append(lambda _: ConnectionResetError("gone"))
    await _says(stage, "where is it?")
    outcome = await _ended(stage, 5)
    await stage.parts.store.writer.write(revive(outcome.job, outcome.finished_at))
    await stage.parts.queue.catch_up()
    await _ended(stage, 6)


async def _shown_after_all(stage: Stage) -> None:
    """Of the first of two parts nobody can tell; then the network shows it."""
    stage.network.after.append(lambda _: ConnectionResetError("gone"))
    await _says(stage, "one half of it and the other half")
    await _ended(stage, 7)
    await _shows(stage, await _txn(stage, 0))
    await _left(stage, PartState.UNKNOWN, 0)


async def _restored_from_a_copy(stage: Stage) -> None:
    """What is open in it expires before its login is there; then one half shows, one is retried."""
    await _stopped_at(stage, "one half again and the other half")
    with closing(sqlite3.connect(_file(stage))) as database, database:
        database.execute("UPDATE value SET value = '0' WHERE key = 'epoch count'")
    stage.network.connecting = _never_alice
    await stage.start()
    await _left(stage, PartState.DOUBT, 2)
    await stage.rig.clock.advance(HOUR)
    outcome = await _ended(stage, 8)
    await _shows(stage, await _txn(stage, 1))
    await _left(stage, PartState.DOUBT, 1)
    await stage.parts.store.writer.write(revive(outcome.job, outcome.finished_at))


async def _never_alice(login: Login) -> None:
    if login.person == "alice":
        await asyncio.Event().wait()


async def _txn(stage: Stage, number: int) -> str:
    """Under which the last message sent so many parts before."""
    query = f"SELECT txn FROM part WHERE number = {number} ORDER BY job DESC LIMIT 1"
    ((txn,),) = await stage.rows(query)
    return str(txn)


async def _shows(stage: Stage, txn: str) -> None:
    await stage.network.say("#room", "alice", "it is there", id=f"echo of {txn}", txn=txn)


async def _left(stage: Stage, state: PartState, count: int) -> None:
    """So many parts are in this state; time passes."""
    query = f"SELECT * FROM part WHERE state = '{state}'"
    async with asyncio.timeout(60):
        while len(await stage.rows(query)) != count:
            await stage.turn()
            await stage.rig.clock.advance(0.5)
