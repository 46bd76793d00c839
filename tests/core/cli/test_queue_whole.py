"""`bridgekit queue` over many: groups, filters, and a retry or an end for all that fit."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from bridgekit.cli.looking import watching
from bridgekit.clock import SystemClock
from bridgekit.codec import dump_event
from bridgekit.lanes.journey import Done, millis
from bridgekit.models import Draft, Fate, Job, PartState, Result, lane_to_network
from bridgekit.reasons import Reason
from bridgekit.store.intake import Put
from bridgekit.store.store import open_store
from tests.core.cli.conftest import Fill, Rows, Run, flat

AGO = 3 * 3600 * 1000


async def said(rows: Rows, chat: str, sender: str, source: str, *, ago: int = 0) -> Job:
    portal = await rows.portal(chat)
    at = millis(SystemClock()) - ago
    event = {"sender": sender, "event_id": source, "room_id": "!r:example.org", "content": {}}
    lane = lane_to_network(portal.id)
    draft = Draft(lane, source, "message", dump_event(event), source, at)
    (number,) = await rows._store.writer.write(Put([draft], at=at))
    return Job(number, lane, source, "message", source, at, None, stored_at=at)


async def trouble(rows: Rows) -> dict[str, Job]:
    """Two of one reason in two chats, one that may have been sent, one that waits."""
    alice, bob = "@alice:example.org", "@bob:example.org"
    jobs = {
        "old": await said(rows, "#a", alice, "$old", ago=AGO),
        "new": await said(rows, "#b", bob, "$new"),
        "doubt": await said(rows, "#a", alice, "$doubt"),
        "late": await said(rows, "#b", alice, "$late"),
    }
    for name in ("old", "new"):
        await rows.end(jobs[name], Done(Reason.LOGIN_REFUSED, Result.FAILED, "no entry", bury=True))
    await rows.parts(jobs["doubt"], PartState.UNKNOWN)
    await rows.end(jobs["doubt"], Done(Reason.MAY_NOT_BE_SENT, Result.UNKNOWN, "cut", bury=True))
    return jobs


def listed(bridgekit: Run, config: Path, *words: str) -> list[dict]:
    return json.loads(bridgekit("queue", "-c", config, "--json", *words).stdout)


FILTERS = [
    (["--reason", "login_refused"], {"$old", "$new"}),
    (["--person", "@alice:example.org"], {"$old", "$doubt", "$late"}),
    (["--chat", "#b", "--state", "failed"], {"$new"}),
    (["--state", "waiting"], {"$late"}),
    (["--older", "1 hour"], {"$old"}),
    (["--network", "tower", "--direction", "to_network"], {"$old", "$new", "$doubt", "$late"}),
    (["--network", "elsewhere"], set()),
]


def test_a_filter_leaves_what_fits(bridgekit: Run, config: Path, fill: Fill) -> None:
    fill(trouble)
    for words, found in FILTERS:
        assert {one["source"] for one in listed(bridgekit, config, *words)} == found, words


def test_the_queue_is_grouped_with_an_example_of_each(
    bridgekit: Run, config: Path, fill: Fill
) -> None:
    jobs = fill(trouble)
    groups = listed(bridgekit, config, "--by", "reason")
    first = groups[0]
    assert (first["group"], first["failed"], first["waiting"]) == ("login_refused", 2, 0)
    assert first["reference"] == jobs["old"].reference
    by_person = {one["group"]: one for one in listed(bridgekit, config, "--by", "person")}
    assert by_person["@alice:example.org"]["failed"] == 2
    assert by_person["@alice:example.org"]["waiting"] == 1
    assert {one["group"] for one in listed(bridgekit, config, "--by", "chat")} == {
        "tower #a",
        "tower #b",
    }
    ages = {one["group"]: one for one in listed(bridgekit, config, "--by", "age")}
    assert ages["under a day"]["failed"] == 1
    output = bridgekit("queue", "-c", config, "--by", "reason").stdout
    assert "login_refused: The network refuses the login" in re.sub(r"\s+", " ", output)
    assert max(map(len, output.splitlines())) <= 80


def test_a_dry_run_counts_what_can_safely_go_and_changes_nothing(
    bridgekit: Run, config: Path, fill: Fill
) -> None:
    fill(trouble)
    text = flat(bridgekit("queue", "retry", "--all", "--dry-run", "-c", config).stdout)
    assert "2 login_refused" in text
    assert "1 event may have been sent already and is left out; --unsure takes them along." in text
    assert "2 events would be sent again, in the order of old." in text
    assert {one["state"] for one in listed(bridgekit, config, "--reason", "login_refused")} == {
        "failed"
    }


def test_all_that_fit_are_retried_in_their_order_and_what_is_in_doubt_is_not(
    bridgekit: Run, config: Path, fill: Fill
) -> None:
    jobs = fill(trouble)
    text = bridgekit("queue", "retry", "--all", "-c", config).stdout
    assert "2 events sent again when the bridge starts" in text
    after = listed(bridgekit, config)
    assert [one["source"] for one in after if one["state"] == "failed"] == ["$doubt"]
    waiting = [one["reference"] for one in after if one["state"] == "waiting"]
    assert waiting == [jobs[name].reference for name in ("old", "new", "late")]


def test_what_is_in_doubt_is_retried_where_somebody_says_so(
    bridgekit: Run, config: Path, fill: Fill
) -> None:
    fill(trouble)
    bridgekit("queue", "retry", "--all", "--unsure", "-c", config)
    assert {one["state"] for one in listed(bridgekit, config)} == {"waiting"}


async def audited(database: str) -> list[tuple[str, str, str]]:
    from bridgekit.store.audit import AuditRows

    async with open_store(database, SystemClock()) as store:
        found = await AuditRows(store.reader).latest(10)
        return [(one.command, one.arguments, one.detail) for one in found]


def test_what_is_given_up_is_in_the_audit_log(
    bridgekit: Run, config: Path, fill: Fill, empty_database: str
) -> None:
    jobs = fill(trouble)
    bridgekit("queue", "drop", "--all", "--reason", "login_refused", "-c", config)
    bridgekit("queue", "drop", jobs["doubt"].reference, "-c", config)
    assert [one["source"] for one in listed(bridgekit, config)] == ["$late"]
    kept = asyncio.run(audited(empty_database))
    assert ("queue drop", '{"reason": "login_refused"}', "2 events") in kept
    assert ("queue drop", "{}", jobs["doubt"].reference) in kept


@pytest.mark.parametrize(
    ("words", "said_"),
    [
        (["retry"], "Which? Name one, or say --all."),
        (["drop", "--reason", "expired"], "add --all"),
        (["retry", "BK-7F3K2Q", "--all"], "not both"),
    ],
)
def test_an_order_that_says_too_little_or_too_much_does_nothing(
    bridgekit: Run, config: Path, words, said_
) -> None:
    result = bridgekit("queue", *words, "-c", config)
    assert result.exit_code == 2
    assert said_.lower() in result.stderr.lower()


def test_nothing_that_fits_is_said(bridgekit: Run, config: Path, fill: Fill) -> None:
    fill(lambda rows: rows.portal("#a"))
    assert "0 events" in bridgekit("queue", "drop", "--all", "-c", config).stdout
    assert "Nothing in the queue fits." in bridgekit("queue", "-c", config, "--network", "x").stdout


def test_watching_shows_it_again_until_it_is_interrupted(
    bridgekit: Run, config: Path, fill: Fill, monkeypatch
) -> None:
    fill(lambda rows: rows.portal("#a"))
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(watching.time, "sleep", pause)
    result = bridgekit("queue", "-c", config, "--watch")
    assert result.exit_code == 0
    assert result.stdout.count("Nothing waits and nothing has failed.") == 3


def test_every_way_of_failing_has_words() -> None:
    from bridgekit.cli.queue.everything import _FATES

    assert set(_FATES) == set(Fate)
