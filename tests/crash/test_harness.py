"""The harness itself: it dies where it says, leaves nothing running, and finds what is wrong."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from bridgekit.clock import Clock
from bridgekit.testing.crash import (
    Attack,
    Choice,
    CrashLoop,
    End,
    Point,
    Standstill,
    Unreached,
    and_again,
    everywhere,
    judge,
    repeat,
    wherever,
    within,
)
from bridgekit.testing.crash.database import LOG, NAME, Files
from bridgekit.testing.crash.points import RECOVERY, ROOT
from tests.crash.toy import LINES, Toy

HERE = (Path(__file__).parent,)


def attack(*flaws: str, choice: Choice = everywhere) -> list[str]:
    """What goes wrong with a bridge of these flaws."""
    report = Attack(Toy(flaws), choice, code=HERE).run()
    assert report.points >= 4 * len(LINES)
    return sorted({line for case in report.bad for line in case.verdict.lines()})


def test_a_bridge_that_keeps_the_rules_passes_also_if_it_dies_twice():
    assert attack(choice=and_again(everywhere, 0.5, 1)) == []


def test_what_is_acknowledged_before_it_is_done_is_lost():
    assert "lost: target: two" in attack("acknowledges first")


def test_what_is_repeated_without_a_look_is_doubled():
    assert "doubled: target: two" in attack("never looks")


def test_nothing_of_a_dead_bridge_runs():
    report = Attack(Toy(), code=HERE).run()
    assert not any(case.verdict.trouble for case in report.cases)


def test_every_wait_and_both_sides_of_a_commit_are_points():
    report = Attack(Toy(), code=HERE).run()
    names = [case.crashes[0] for case in report.cases]
    assert len(names) == len(set(names)) == report.points
    assert any("(done)" in name for name in names)
    assert all(name.startswith("tests/crash/toy.py:Toy.") for name in names)


def test_a_case_is_repeated_by_its_names():
    flawed = Toy(["never looks"])
    cases = Attack(flawed, and_again(everywhere, 0.2, 1), code=HERE).run().cases
    assert {len(case.crashes) for case in cases} == {1, 2}
    for case in cases:
        points = [Point.parse(name) for name in case.crashes]
        assert repeat(Toy(["never looks"]), points, HERE) == case.verdict


@pytest.mark.parametrize("waiting_too", [False, True])
def test_a_process_that_ends_without_a_word_is_trouble(waiting_too):
    twice = and_again(everywhere, 0.2, 1)

    class Killed:
        def __call__(self, crashes: Sequence[Point], point: Point) -> bool:
            return twice(crashes, point)

        def over(self, crashes: Sequence[Point]) -> bool:
            if len(crashes) == 2:  # the parent has died once, and waits for this one
                if waiting_too:
                    os.kill(os.getppid(), signal.SIGKILL)
                os.kill(os.getpid(), signal.SIGKILL)
            return twice.over(crashes)

    sound = Attack(Toy(), twice, code=HERE).run()
    report = Attack(Toy(), Killed(), code=HERE).run()
    second = [case for case in report.cases if len(case.crashes) == 2]
    assert second
    assert all(case in report.bad for case in second)
    bad = [case.crashes for case in report.bad]
    if waiting_too:
        assert all(case.crashes[:1] in bad for case in second)
    else:
        assert [one.crashes for one in report.cases] == [one.crashes for one in sound.cases]
        assert {line for case in second for line in case.verdict.trouble} == {
            "its process ended with -9: it broke"
        }


class Unspeakable(Toy):
    """How it ends cannot be written down."""

    async def end(self) -> End:
        return End({}, told=[object()])  # type: ignore[list-item]


def test_a_process_whose_end_cannot_be_written_ends_there():
    report = Attack(Unspeakable(), code=HERE).run()
    assert report.cases == report.bad
    assert report.bad[0].verdict.lines() == ["trouble: its process ended with 1: it broke"]


def test_the_time_of_a_process_stands_still_while_it_waits_for_another(monkeypatch):
    first, wait = os.getpid(), os.waitpid

    def waitpid(process: int, options: int) -> tuple[int, int]:
        if os.getpid() != first and signal.alarm(0):
            os.kill(os.getpid(), signal.SIGKILL)
        return wait(process, options)

    monkeypatch.setattr(os, "waitpid", waitpid)
    assert attack(choice=and_again(everywhere, 0.2, 1)) == []


def test_what_must_never_be_is_found_in_the_undisturbed_run_too():
    report = Attack(Toy(last_words=1), wherever(lambda _: False), code=HERE).run()
    assert [case.verdict.lines() for case in report.bad] == [["trouble: a dead bridge spoke"]]


def test_a_case_that_never_comes_is_said():
    with pytest.raises(Unreached, match=r"never at nowhere\.py:f:1#1"):
        repeat(Toy(), [Point.parse("nowhere.py:f:1#1")], HERE)


def test_who_waits_for_ever_is_found_at_once():
    loop = CrashLoop()
    with pytest.raises(Standstill):
        loop.run_until_complete(asyncio.Event().wait())
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


def test_an_hour_passes_in_no_time():
    loop = CrashLoop()
    loop.run_until_complete(asyncio.sleep(3600))
    assert loop.time() == pytest.approx(3600)
    loop.close()


async def shouted() -> bytes:
    """What a server makes of a line."""

    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readline()).upper())
        writer.close()

    server = await asyncio.start_server(shout, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("localhost", port)
    writer.write(b"hello\n")
    said = await reader.read()
    writer.close()
    server.close()
    return said


def test_an_adapter_reaches_a_server_of_its_network_by_its_port():
    loop = CrashLoop()
    assert loop.run_until_complete(shouted()) == b"HELLO\n"
    with pytest.raises(ConnectionRefusedError):
        loop.run_until_complete(asyncio.open_connection("localhost", 1))
    loop.close()


class Telling(Toy):
    """It says what happened."""

    async def end(self) -> End:
        return End({"target": list(self.target)}, story=[f"{len(self.target)} lines came"])


def test_the_code_that_recovers_is_there():
    assert [file for file in RECOVERY if not (ROOT / file).is_file()] == []


def test_a_case_has_its_story():
    stories = {tuple(case.story) for case in Attack(Telling(), code=HERE).run().cases}
    assert stories == {("3 lines came",)}


def test_an_attack_leaves_no_file_open():
    before = len(list(Path("/dev/fd").iterdir()))
    assert Attack(Toy(), code=HERE).run().cases
    assert len(list(Path("/dev/fd").iterdir())) == before


class Holding(Toy):
    """Its network holds a request open, and does not wait for the end of that when it ends."""

    @asynccontextmanager
    async def world(self, folder: Path, clock: Clock) -> AsyncIterator[Toy]:
        async def answered() -> None:
            await asyncio.create_task(asyncio.Event().wait())

        request = asyncio.create_task(answered())  # whose end takes two turns of the loop
        async with Toy.world(self, folder, clock) as world:
            await asyncio.sleep(0)
            yield world
        request.cancel()


def test_what_a_network_still_does_has_ended_before_its_loop_is_closed(caplog):
    Attack(Holding(), code=HERE).run()
    gc.collect()
    assert caplog.text == ""  # asyncio says what was left


def test_a_half_written_log_is_left_half_written(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / NAME).write_bytes(b"database")
    (tmp_path / "home" / LOG).write_bytes(b"a commit and another")
    files = Files(tmp_path / "home")
    files.copy(tmp_path / "left", 8)
    files.close()
    assert (tmp_path / "left" / LOG).read_bytes() == b"a commit"
    assert (tmp_path / "left" / NAME).read_bytes() == b"database"


def test_of_half_a_transaction_nothing_is_left_but_of_two_the_first(tmp_path):
    with closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        files = Files(tmp_path)
        sizes = [files.log_size]
        for name in ("one", "two"):
            database.execute(f"CREATE TABLE {name} (text)")
            sizes.append(files.log_size)
        half = (sizes[1] + sizes[2]) // 2
        assert not files.ends_one(sizes[1], half)
        assert files.ends_one(sizes[0], half)
        assert files.ends_one(sizes[1], sizes[2])
        files.close()


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (["a", "b", "c"], []),
        (["a", "c"], ["lost: chat: b"]),
        (["a", "b", "b", "c"], ["doubled: chat: b"]),
        (["b", "a", "c"], ["out of order: chat: ['b', 'a', 'c']"]),
    ],
)
def test_a_verdict_says_what_differs(found, verdict):
    assert judge(End({"chat": ["a", "b", "c"]}), End({"chat": found})).lines() == verdict


def test_what_its_sender_was_told_of_may_be_missing_but_never_doubled():
    expected = End({"chat": ["a", "b"]})
    assert judge(expected, End({"chat": ["a"]}, told=["b"])).good
    assert judge(expected, End({"chat": ["a", "b"]}, told=["b"])).good
    assert not judge(expected, End({"chat": ["a", "b", "b"]}, told=["b"])).good
    assert judge(expected, End({"chat": ["a"]}, told=["b"])).undecided == ["chat: b"]
    assert judge(expected, End({"chat": ["a", "b"]}, told=["b"])).undecided == []


@pytest.mark.parametrize(("deaths", "good"), [(1, False), (2, True)])
def test_no_more_is_in_doubt_than_deaths_explain(deaths, good):
    expected = End({"chat": ["a", "b", "c"]}, told=["c"], doubts=1, lanes=1)
    found = End({}, told=["a", "b", "c"], doubts=3, lanes=1)
    assert judge(expected, found, deaths).good is good


@pytest.mark.parametrize("told", ["?", "", "on", "one?two"])
def test_nobody_was_told_of_what_only_looks_like_it(told):
    verdict = judge(End({}, ["name None", "and you?", "one"]), End({}, told=[told]))
    assert len(verdict.lost) == 3


def test_a_notice_about_nothing_is_trouble():
    assert judge(End({}), End({}, told=["?"])).lines() == ["trouble: told about nothing: ?"]


def test_words_are_within_others_as_a_whole_and_in_order():
    assert within("two three", "one: two, three")
    assert not within("three two", "one two three")
    assert not within("one", "None of it")
