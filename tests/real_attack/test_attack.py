"""The short forms of the attacks with real processes; `make crash` runs the long ones."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import signal
from contextlib import nullcontext

import pytest

from bridgekit.testing.servers import ServerMissing
from tests.command_line import BROKEN_OFF
from tests.real_attack import __main__ as long_forms
from tests.real_attack import databases
from tests.real_attack.attacks import ATTACKS, Attack
from tests.real_attack.deadline import NotOver, in_time
from tests.real_attack.flow import GRACE, Flow, judged
from tests.real_attack.report import Report, Verdict, together
from tests.real_attack.runs import COMMAND, run, run_all
from tests.real_attack.stage import IN_DOUBT, stage

PATIENCE = 120.0  # seconds
SHORT = [attack for attack in ATTACKS if attack.short is not None]


@pytest.mark.timeout(PATIENCE + 60)  # so that it says itself what it waited for
@pytest.mark.parametrize("attack", SHORT, ids=[attack.name for attack in SHORT])
async def test_an_attack_loses_doubles_and_disorders_nothing(attack, tmp_path):
    report = await in_time(attack.begin(tmp_path, attack.short, 7), PATIENCE)
    if report.verdict is Verdict.NOT_TRIED:
        pytest.skip(report.not_tried)
    assert report.holds, report


async def test_an_attack_that_is_not_over_in_time_says_what_it_waited_for(tmp_path):
    async with stage(tmp_path, chats=1) as place:
        flow = Flow(place, random.Random(1), ahead=0)

        async def attack():
            async with judged(Report("nothing is pushed"), flow), asyncio.TaskGroup() as group:
                group.create_task(flow.talk(1))

        place.hs.hold()
        with pytest.raises(NotOver, match=r"in talk: await self\.place\.until") as found:
            await in_time(attack(), 0.1)
    (noted,) = found.value.__cause__.__notes__
    assert "  alice in #c0: 1 of 1, from alice wire#c0 0" in noted


async def test_an_attack_that_fails_says_what_was_missing(tmp_path):
    with pytest.raises(AssertionError) as found:
        async with stage(tmp_path, chats=1) as place, judged(Report("fails"), Flow(place, None)):
            raise AssertionError
    (noted, log) = found.value.__notes__
    assert noted == "Said and not there:\n  nothing"
    assert "login online" in log


def test_a_report_counts_what_is_lost_doubled_out_of_order_and_untold():
    report = Report("counted")
    report.compare(["a", "b", "c", "d"], ["b", "a", "a"], ["c"])
    assert (report.events, report.lost, report.doubled, report.disordered) == (4, 1, 1, 1)
    assert (report.undecided, report.told, report.holds) == (1, 1, False)


def test_a_report_of_what_all_arrived_holds():
    report = Report("counted")
    report.compare(["a", "b"], ["a", "b"])
    report.compare(["c", "d"], ["d"], ["c"])
    report.bound_doubt(deaths=1, lanes=1)
    assert report.holds
    report.require(so=False, sentence="something else did not hold")
    assert not report.holds


async def _missing(*_):
    raise ServerMissing("no ngIRCd here: install ngircd")


@pytest.mark.parametrize(("names", "code"), [(["fine"], 0), (["fine", "bad"], 1), (["none"], 2)])
def test_the_exit_code_says_whether_all_held_and_whether_all_was_tried(
    names, code, monkeypatch, tmp_path, capsys
):
    async def fine(*_):
        return Report("fine")

    async def bad(*_):
        return Report("bad", lost=1)

    attacks = [Attack("fine", fine, 1), Attack("bad", bad, 1), Attack("none", _missing, 1)]
    monkeypatch.setattr(long_forms, "ATTACKS", attacks)
    monkeypatch.setattr("sys.argv", ["attacks", *names])
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(long_forms, "quiet", lambda: None)
    assert long_forms.main() == code
    said = capsys.readouterr().out
    if len(names) > 1:  # rows came as they ended, perhaps among the lines of others
        came, whole = said.split("\n\n")
        assert whole.startswith(came)
    if "bad" in names:
        assert f"again: {COMMAND} --seed {long_forms.SEED} bad\n" in said


def test_an_attack_that_there_is_not_is_not_taken_for_one_that_holds(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["attacks", "kil"])
    monkeypatch.setattr(long_forms, "quiet", lambda: None)
    with pytest.raises(SystemExit, match="2"):
        long_forms.main()
    said = capsys.readouterr().err
    assert said.endswith("there is no attack named kil\n")
    assert not {attack.name for attack in ATTACKS} - {*said.replace(",", " ").split()}


def test_all_of_some_are_not_asked_for_beside_names(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["attacks", "--networks", "kill"])
    monkeypatch.setattr(long_forms, "quiet", lambda: None)
    with pytest.raises(SystemExit, match="2"):
        long_forms.main()
    assert "--networks is all of them" in capsys.readouterr().err


def test_what_there_is_and_how_it_ends_is_told_on_request(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["attacks", "--help"])
    with pytest.raises(SystemExit):
        long_forms.main()
    said = capsys.readouterr().out
    assert not {attack.name for attack in ATTACKS} - {*said.replace(",", " ").split()}
    assert "NOT TRIED" in said
    assert "2 if not all was tried" in said


async def test_an_attack_that_could_not_run_neither_holds_nor_is_broken():
    report = await run(Attack("irc", _missing, 1), 1)
    assert report.verdict is Verdict.NOT_TRIED
    assert not report.holds
    assert "NOT TRIED" in str(report)
    assert "install ngircd" in str(report)
    assert together([Report("fine"), report]).verdict is Verdict.NOT_TRIED
    assert together([report, Report("bad", lost=1)]).verdict is Verdict.BROKEN


def test_attacks_at_once_are_told_of_one_by_one():
    two = [Attack("one", _missing, 1), Attack("other", _missing, 1)]
    told = list(run_all(two, 1, at_once=2))
    assert {(attack.name, report.name) for attack, report in told} == {
        ("one", "one"),
        ("other", "other"),
    }


async def _broken_off(folder, *_):
    """Ctrl-C is pressed while it is under way."""
    (folder / "file").touch()
    os.kill(os.getppid() if multiprocessing.parent_process() else os.getpid(), signal.SIGINT)
    await asyncio.sleep(0.1)
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.sleep(60)


@pytest.mark.parametrize("at_once", [1, 2])
def test_who_breaks_attacks_off_is_told_what_is_known(at_once, monkeypatch, capsys, tmp_path):
    attacks = [
        Attack("first", _missing, 1, patience=900),
        Attack("second", _broken_off, 1, patience=800),
        Attack("third", _missing, 1, patience=700),
    ]
    monkeypatch.setattr(long_forms, "ATTACKS", attacks)
    monkeypatch.setattr("sys.argv", ["attacks", "--at-once", str(at_once)])
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(long_forms, "quiet", lambda: None)
    assert long_forms.main() == BROKEN_OFF
    said = capsys.readouterr().out
    assert "second: NOT TRIED" in said
    assert said.count("broken off") in (1, 2)  # beside the second, the third may have been tried
    assert "install ngircd" in said
    assert not list(tmp_path.iterdir())


async def test_a_disk_that_cannot_be_filled_is_not_taken_for_one_that_was(monkeypatch, tmp_path):
    async def troubled(*_, **__):
        return Report("SQLite's files may not grow")

    monkeypatch.setattr(databases, "troubled", troubled)
    monkeypatch.setattr(databases, "small_disk", lambda _: nullcontext(enter_result=False))
    report = await databases.full_disk(tmp_path, 1, 7)
    assert report.verdict is Verdict.NOT_TRIED


@pytest.mark.parametrize(("told", "holds"), [("ab", True), ("abc", False)])
def test_a_death_leaves_one_of_each_lane_in_doubt_at_most(told, holds):
    report = Report("counted")
    report.compare(["a", "b", "c", "d"], ["c", "d"], told)
    report.bound_doubt(deaths=1, lanes=2)
    assert report.holds is holds


async def test_what_is_lost_and_told_does_not_hold_where_nothing_may_be_in_doubt(tmp_path):
    report = Report("all lost, all told")
    async with stage(tmp_path, chats=1) as place:
        flow = Flow(place, random.Random(1))
        ((key, room),) = place.rooms.items()
        async with judged(report, flow):
            flow.by_alice[key] = [f"alice {number}" for number in range(50)]
            for text in flow.by_alice[key]:
                place.bodies[text] = text
                place.notices[room].append((text, f"That {IN_DOUBT} bridged."))
    assert (report.lost, report.undecided, report.told) == (0, 50, 50)
    assert not report.holds
    assert "told of 50 in doubt, at most 0 can be" in str(report)


async def test_what_comes_twice_when_all_has_arrived_is_found(tmp_path):
    report = Report("a late double")
    async with stage(tmp_path, chats=1) as place:
        flow = Flow(place, random.Random(1))
        (key,) = place.rooms
        heard = place.wire.heard[key[1]]
        async with judged(report, flow):
            await flow.alice_says(key)
            await place.until(lambda: heard)
            asyncio.get_running_loop().call_later(GRACE / 4, heard.append, heard[0])
    assert report.doubled == 1


def test_what_nobody_said_is_found():
    report = Report("counted")
    report.compare(["a"], ["a", "z"])
    assert not report.holds
