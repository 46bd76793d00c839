"""`bridgekit queue` and `bridgekit trace`, on a database as a bridge leaves it."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from bridgekit.clock import SystemClock
from bridgekit.lanes.journey import Done
from bridgekit.models import Job, PartState, Result
from bridgekit.reasons import Reason
from bridgekit.store.store import open_store
from tests.core.cli.conftest import Fill, Rows, Run, flat, replace
from tests.core.cli.instead import answering, served


async def everyday(rows: Rows) -> dict[str, Job]:
    """One delivered each way, one failed, two waiting."""
    portal = await rows.portal("#py\x1b[31mthon")
    jobs = {name: await rows.job(portal, f"${name}") for name in ("done", "bad", "late", "next")}
    jobs["in"] = await rows.job(portal, "message-4711", to_matrix=True)
    await rows.end(jobs["done"], Done(Reason.DELIVERED, targets=("net-1",)), order=3, login=1200)
    await rows.end(jobs["in"], Done(Reason.DELIVERED, targets=("$shown:example.org",)))
    await rows.fail(jobs["bad"], "too loud \x1b]0;owned\x07")
    await rows.parts(jobs["bad"], PartState.SENT, PartState.PLANNED)
    await rows.try_again(jobs["late"], "the tower sleeps", 4102444800000)
    return jobs


def test_the_queue_lists_what_failed_before_what_waits(
    bridgekit: Run, config: Path, fill: Fill
) -> None:
    jobs = fill(everyday)
    result = bridgekit("queue", "-c", config)
    text = flat(result.stdout)
    assert result.exit_code == 0
    assert text.index(jobs["bad"].reference) < text.index(jobs["late"].reference)
    assert f"{jobs['bad'].reference} failed (rejected), message to the network, tower #py" in text
    assert "too loud" in text
    assert f"{jobs['late'].reference} waits, message" in text
    assert "tried 3 times, next try 2" in text
    assert "the tower sleeps" in text
    assert "1 failed, 2 jobs waiting." in text
    assert jobs["done"].reference not in text
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_text_from_outside_cannot_steer_the_terminal(
    bridgekit: Run, config: Path, fill: Fill
) -> None:
    jobs = fill(everyday)
    for words in (["queue"], ["trace", jobs["bad"].reference]):
        output = bridgekit(*words, "-c", config).stdout
        assert "\x1b" not in output
        assert "\\x1b" in output


def test_the_queue_for_programs(bridgekit: Run, config: Path, fill: Fill) -> None:
    jobs = fill(everyday)
    failed, late, following = json.loads(bridgekit("queue", "-c", config, "--json").stdout)
    assert failed["reference"] == jobs["bad"].reference
    assert (failed["state"], late["state"]) == ("failed", "waiting")
    assert failed["attempts"] == 1
    assert (late["network"], late["chat"]) == ("tower", "#py\x1b[31mthon")
    assert (late["attempts"], late["next_try"]) == (3, "2100-01-01T00:00:00.000+00:00")
    assert (following["error"], following["next_try"]) == (None, None)


def test_an_empty_queue_says_so(bridgekit: Run, config: Path, fill: Fill) -> None:
    fill(lambda rows: rows.portal("#a"))
    assert bridgekit("queue", "-c", config).stdout == "Nothing waits and nothing has failed.\n"
    assert json.loads(bridgekit("queue", "-c", config, "--json").stdout) == []


def test_a_long_queue_says_that_there_is_more(bridgekit: Run, config: Path, fill: Fill) -> None:
    fill(everyday)
    assert "There is more: see --limit." in bridgekit("queue", "-c", config, "--limit", "2").stdout
    whole = bridgekit("queue", "list", "-c", config, "--limit", "3").stdout
    assert "There is more" not in whole


@pytest.mark.parametrize("form", [str, str.lower, lambda text: text.removeprefix("BK-")])
def test_a_failed_job_is_retried_by_its_reference(
    bridgekit: Run, config: Path, fill: Fill, form
) -> None:
    bad = fill(everyday)["bad"]
    result = bridgekit("queue", "-c", config, "retry", form(bad.reference))
    assert result.exit_code == 0
    assert "is sent again when the bridge starts; it does not answer now." in result.stdout
    listed = json.loads(bridgekit("queue", "-c", config, "--json").stdout)
    assert {one["state"] for one in listed} == {"waiting"}


def test_a_waiting_job_is_not_retried(bridgekit: Run, config: Path, fill: Fill) -> None:
    fill(everyday)
    result = bridgekit("queue", "retry", "$late", "-c", config)
    assert result.exit_code == 0
    assert "has not failed: it waits" in result.stdout


def test_a_failed_job_is_dropped_and_its_outcome_stays(
    bridgekit: Run, config: Path, fill: Fill
) -> None:
    bad = fill(everyday)["bad"]
    assert bridgekit("queue", "drop", bad.reference, "-c", config).exit_code == 0
    assert bad.reference not in bridgekit("queue", "-c", config).stdout
    assert "too loud" in bridgekit("trace", bad.reference, "-c", config).stdout


def test_trace_says_which_fallback_was_used(bridgekit: Run, config: Path, fill: Fill) -> None:
    how = "tower has no replies: it was sent with a short quote."

    async def answered(rows: Rows) -> None:
        job = await rows.job(await rows.portal("#a"), "$answer")
        await rows.end(job, Done(Reason.DELIVERED, detail=how))

    fill(answered)
    assert f"detail {how}" in flat(bridgekit("trace", "$answer", "-c", config).stdout)
    (record,) = json.loads(bridgekit("trace", "$answer", "-c", config, "--json").stdout)
    assert (record["result"], record["detail"]) == ("delivered", how)


def test_a_waiting_job_is_dropped_while_the_bridge_is_stopped(
    bridgekit: Run, config: Path, fill: Fill
) -> None:
    fill(everyday)
    assert bridgekit("queue", "drop", "$late", "-c", config).exit_code == 0
    text = flat(bridgekit("trace", "$late", "-c", config).stdout)
    assert "dropped after" in text
    assert "The operator dropped it." in text
    (record,) = json.loads(bridgekit("trace", "$late", "-c", config, "--json").stdout)
    assert record["network"] == "tower"


async def test_a_waiting_job_is_not_dropped_under_a_running_bridge(
    bridgekit: Run, config: Path, fill: Fill, empty_database: str
) -> None:
    await asyncio.to_thread(fill, everyday)
    async with open_store(empty_database, SystemClock()):
        result = await asyncio.to_thread(bridgekit, "queue", "drop", "$late", "-c", config)
        shown = await asyncio.to_thread(bridgekit, "queue", "-c", config, "--json")
    assert result.exit_code == 5
    assert "is in use by another bridgekit" in result.stderr
    assert "$late" in shown.stdout


@pytest.mark.parametrize("command", ["retry", "drop"])
def test_a_name_that_nothing_has_is_4(
    bridgekit: Run, config: Path, fill: Fill, command: str
) -> None:
    fill(everyday)
    result = bridgekit("queue", command, "$nothing", "-c", config)
    assert result.exit_code == 4
    assert "Nothing that waits or has failed is called $nothing" in result.stderr


@pytest.mark.parametrize("command", ["retry", "drop"])
def test_what_failed_for_good_is_not_kept_and_that_is_said(
    bridgekit: Run, config: Path, fill: Fill, command: str
) -> None:
    async def hopeless(rows: Rows) -> Job:
        job = await rows.job(await rows.portal("#a"), "$empty")
        await rows.end(job, Done(Reason.EMPTY, Result.FAILED))
        return job

    name = fill(hopeless).reference
    result = bridgekit("queue", command, name, "-c", config)
    assert result.exit_code == 4
    said = f"{name} has failed for good (empty); it is not kept: see `bridgekit trace {name}`."
    assert said in result.stderr


@pytest.mark.parametrize("words", [["queue"], ["queue", "retry", "x"], ["trace", "x"]])
def test_without_a_database_it_is_5(bridgekit: Run, config: Path, words: list[str]) -> None:
    result = bridgekit(*words, "-c", config)
    assert result.exit_code == 5
    assert "bridgekit.db does not exist; start the bridge once" in result.stderr
    assert not (config.parent / "bridgekit.db").exists()


def test_a_database_of_something_else_is_5(bridgekit: Run, config: Path, tmp_path: Path) -> None:
    (tmp_path / "bridgekit.db").write_text("not a database at all, but long enough to be read\n")
    result = bridgekit("queue", "-c", config)
    assert result.exit_code == 5
    assert "bridgekit.db is something else, not a SQLite database" in result.stderr


def test_a_faulty_config_is_3(bridgekit: Run, config: Path) -> None:
    replace(config, "host: high", "hst: high")
    for words in (["queue"], ["queue", "retry", "x"], ["trace", "x"]):
        assert bridgekit(*words, "-c", config).exit_code == 3


def test_a_delivered_event_tells_its_story(bridgekit: Run, config: Path, fill: Fill) -> None:
    done = fill(everyday)["done"]
    result = bridgekit("trace", "$done", "-c", config)
    text = flat(result.stdout)
    assert result.exit_code == 0
    assert f"{done.reference}: message to the network, tower #py" in text
    assert "source $done received 20" in text
    assert re.search(r"stored 20\S+ \S+ claimed 20\S+ \S+ sent 20", text)
    assert "so it was" not in text
    assert "waited login 1200 ms, order 3 ms" in text
    assert "became net-1 result delivered after" in text
    assert "reason Delivered. next step Nothing to do." in text
    assert max(map(len, result.stdout.splitlines())) <= 80


@pytest.mark.parametrize("name", ["message-4711", "$shown:example.org"])
def test_a_story_is_found_by_what_it_was_or_became(
    bridgekit: Run, config: Path, fill: Fill, name: str
) -> None:
    received = fill(everyday)["in"]
    assert received.reference in bridgekit("trace", name, "-c", config).stdout


def test_a_failed_event_says_why_and_what_can_be_done(
    bridgekit: Run, config: Path, fill: Fill
) -> None:
    bad = fill(everyday)["bad"]
    text = flat(bridgekit("trace", bad.reference.lower(), "-c", config).stdout)
    assert "parts 1 sent 2 planned" in text
    assert "result failed after" in text
    assert "(rejected) so it was rejected reason The network does not accept it." in text
    assert "next step Change what the message says is wrong" in text
    assert f"`bridgekit queue retry {bad.reference}`" in text


def test_a_waiting_event_says_where_it_waits(bridgekit: Run, config: Path, fill: Fill) -> None:
    fill(everyday)
    late = flat(bridgekit("trace", "$late", "-c", config).stdout)
    assert "result open: it waits tried 3 times because the tower sleeps next try 2" in late
    assert "behind 1 other in its lane" in flat(bridgekit("trace", "$next", "-c", config).stdout)


def test_the_story_for_programs(bridgekit: Run, config: Path, fill: Fill) -> None:
    fill(everyday)
    (done,) = json.loads(bridgekit("trace", "$done", "-c", config, "--json").stdout)
    assert (done["state"], done["result"], done["reason"]) == ("ended", "delivered", "delivered")
    assert done["waits"] == {"order": 3, "login": 1200}
    assert done["targets"] == ["net-1"]
    assert done["network"] == "tower"
    assert list(done["steps"]) == ["stored", "claimed", "sent"]
    assert done["fate"] is None
    (bad,) = json.loads(bridgekit("trace", "$bad", "-c", config, "--json").stdout)
    assert (bad["state"], bad["result"], bad["fate"]) == ("failed", "failed", "rejected")
    assert [one["why"] for one in bad["tries"]] == ["too loud \x1b]0;owned\x07"]
    (late,) = json.loads(bridgekit("trace", "$late", "-c", config, "--json").stdout)
    assert (late["state"], late["ahead"], late["error"]) == ("waiting", 0, "the tower sleeps")
    assert "result" not in late


def test_an_event_in_several_chats_has_a_story_for_each(
    bridgekit: Run, config: Path, fill: Fill
) -> None:
    async def twice(rows: Rows) -> None:
        for chat in ("#a", "#b"):
            job = await rows.job(await rows.portal(chat), "$both")
            await rows.end(job, Done(Reason.ONE_WAY, Result.DROPPED))

    fill(twice)
    stories = json.loads(bridgekit("trace", "$both", "-c", config, "--json").stdout)
    assert [one["chat"] for one in stories] == ["#a", "#b"]


def test_what_nobody_knows_is_4(bridgekit: Run, config: Path, fill: Fill) -> None:
    fill(everyday)
    result = bridgekit("trace", "$not\x1b[31mhing", "-c", config)
    assert result.exit_code == 4
    assert "Nothing is known of $not\\x1b[31mhing." in result.stderr


async def test_retrying_wakes_a_running_bridge(bridgekit: Run, connected: Path, fill: Fill) -> None:
    async def one(rows: Rows) -> str:
        job = await rows.job(await rows.portal("#a"), "$bad")
        await rows.fail(job, "too loud")
        return job.reference

    reference = await asyncio.to_thread(fill, one)
    async with served(answering("/_bridgekit/wake", 200), connected, "bridge"):
        result = await asyncio.to_thread(bridgekit, "queue", "retry", reference, "-c", connected)
    assert result.stdout == f"{reference} is sent again now.\n"
