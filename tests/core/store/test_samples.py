"""Records as released versions stored them stay readable (delivery rule 25)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from bridgekit import codec
from bridgekit.events import Content
from bridgekit.richtext import nodes

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.json"))
KINDS = {kind.__name__: kind for kind in get_args(Content)}


def sample(name: str) -> str:
    return (Path(__file__).parent / "samples" / f"{name}.json").read_text("utf-8")


def test_there_are_samples_of_every_version() -> None:
    found = {int(file.name[1]) for file in SAMPLES}
    assert found == set(range(1, codec.VERSION + 1))


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
def test_rule_25_a_released_record_stays_readable(file: Path) -> None:
    stored = file.read_text("utf-8")
    if file.stem.endswith("_event"):
        event = codec.load_event(stored)
        assert event["content"]["body"]
        assert codec.load_event(codec.dump_event(event)) == event
    else:
        record = codec.load(stored)
        assert codec.load(codec.dump(record)) == record


@pytest.mark.parametrize("kind", KINDS)
def test_rule_25_every_kind_has_a_sample_from_the_network_and_as_a_part(kind: str) -> None:
    """A new kind: dump one with every field set, once, into both files."""
    name = kind.lower()
    for version in range(1, codec.VERSION + 1):
        assert isinstance(codec.load(sample(f"v{version}_remote_{name}")).content, KINDS[kind])
        assert isinstance(codec.load(sample(f"v{version}_part_{name}")), KINDS[kind])


@pytest.mark.parametrize("node", sorted({kind.__name__ for kind in get_args(nodes.Node)}))
def test_rule_25_every_node_of_rich_text_has_a_sample(node: str) -> None:
    named = re.compile(rf'"\$": ?"{node}"')
    assert any(named.search(file.read_text("utf-8")) for file in SAMPLES)


def test_a_released_message_means_what_it_meant() -> None:
    record = codec.load(sample("v1_message"))
    assert record.chat.id == "#python"
    assert record.sender == "bob"
    assert record.at == datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
    assert record.content.kind == "emote"
    assert [type(node).__name__ for node in record.content.text] == ["Text", "Bold", "Mention"]


def test_what_a_kind_says_is_what_it_said() -> None:
    change = codec.load(sample("v1_remote_chatchange")).content.info
    assert (change.name, change.topic, change.may_speak) == ("Python", "Snakes", "voice")
    assert [(one.user, one.rank) for one in change.members] == [("ann", "owner"), ("bob", "member")]
    edit = codec.load(sample("v1_part_edit"))
    assert (edit.target, edit.stamp, edit.replaces_media) == ("m0", "2", True)
    assert edit.message.attachments[0].duration == 3.5
    assert codec.load(sample("v1_part_vote")).options == (0, 2)
