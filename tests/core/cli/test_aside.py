"""`bridgekit queue aside` and `replay`: what could not be taken as it came, and a second look."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from bridgekit.codec import dump
from bridgekit.events import Message, RemoteEvent
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.models import SetAside
from bridgekit.richtext import from_plain
from bridgekit.store.intake import Put
from bridgekit.store.writer import Operation
from tests.core.cli.conftest import Fill, Rows, Run

OLD = RemoteEvent(
    Chat(ChatID("#room")),
    RemoteUserID("bob"),
    Message(from_plain("from long ago")),
    id=MessageID("m1"),
    at=datetime(2020, 1, 1, tzinfo=UTC),
)
ORIGIN = "tower login tower:bot"


def aside_of(*items: SetAside) -> Operation[object]:
    return Put(at=1, set_aside=items)


async def both(rows: Rows) -> None:
    await rows.portal("#room")
    old = SetAside(ORIGIN, dump(OLD), "it is older than what the bridge remembers", 1_000)
    odd = SetAside(ORIGIN, "\x1b{torn", "its adapter cannot read it", 2_000)
    await rows.write(aside_of(old, odd))


async def elsewhere(rows: Rows) -> None:
    await rows.write(aside_of(SetAside(ORIGIN, dump(OLD), "it is old", 1_000)))


def listed(bridgekit: Run, config: Path) -> list[dict[str, str]]:
    shown = json.loads(bridgekit("queue", "aside", "--json", "-c", config).stdout)
    assert isinstance(shown, list)
    return shown


def test_what_was_set_aside_is_listed_with_the_reason(
    bridgekit: Run, config: Path, fill: Fill
) -> None:
    fill(both)
    odd, old = listed(bridgekit, config)
    assert odd["why"] == "its adapter cannot read it"
    assert json.loads(old["body"])["r"]["id"] == "m1"
    text = bridgekit("queue", "aside", "-c", config).stdout
    assert old["key"][:12] in text
    assert "its adapter cannot read it" in text
    assert "\x1b" not in text


def test_nothing_aside_is_said(bridgekit: Run, config: Path, fill: Fill) -> None:
    fill(lambda rows: rows.portal("#room"))
    assert "Nothing is set aside." in bridgekit("queue", "aside", "-c", config).stdout


def test_rule_23_what_was_set_aside_is_replayed(bridgekit: Run, config: Path, fill: Fill) -> None:
    fill(both)
    _, old = listed(bridgekit, config)
    said = bridgekit("queue", "replay", old["key"][:12], "-c", config)
    assert said.exit_code == 0
    assert "is handled as BK-" in said.stdout
    assert len(listed(bridgekit, config)) == 1
    (job,) = json.loads(bridgekit("queue", "--json", "-c", config).stdout)
    assert (job["kind"], job["source"], job["direction"]) == ("Message", "m1", "to_matrix")


def test_what_nobody_can_read_stays_aside(bridgekit: Run, config: Path, fill: Fill) -> None:
    fill(both)
    odd, _ = listed(bridgekit, config)
    said = bridgekit("queue", "replay", odd["key"][:12], "-c", config)
    assert said.exit_code == 4
    assert "no event that this bridge can read" in said.stderr
    assert len(listed(bridgekit, config)) == 2


def test_what_is_called_differently_is_not_found(bridgekit: Run, config: Path, fill: Fill) -> None:
    fill(both)
    said = bridgekit("queue", "replay", "zzz", "-c", config)
    assert said.exit_code == 4
    assert "Nothing that is set aside is called zzz" in said.stderr


def test_what_belongs_to_no_portal_stays_aside(bridgekit: Run, config: Path, fill: Fill) -> None:
    fill(elsewhere)
    (old,) = listed(bridgekit, config)
    said = bridgekit("queue", "replay", old["key"], "-c", config)
    assert said.exit_code == 4
    assert "is not bridged" in said.stderr
