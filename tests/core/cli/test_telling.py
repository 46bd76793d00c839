"""`bridgekit trace` begins with one sentence, and takes a link to an event."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.cli.conftest import Fill, Run
from tests.core.cli.test_queue import everyday


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("done", "It was delivered, "),
        ("bad", "It failed. too loud"),
        ("late", " s: the tower sleeps."),
    ],
)
def test_a_story_begins_with_one_sentence(
    bridgekit: Run, config: Path, fill: Fill, name: str, sentence: str
) -> None:
    job = fill(everyday)[name]
    lines = bridgekit("trace", job.reference, "-c", config).stdout.splitlines()
    assert job.reference in lines[0]
    assert sentence in lines[1]


@pytest.mark.parametrize(
    "link",
    [
        "https://matrix.to/#/!r:example.org/$bad?via=example.org",
        "https://matrix.to/#/%21r%3Aexample.org/%24bad",
        "matrix:roomid/r:example.org/e/bad?via=example.org",
    ],
)
def test_an_event_is_found_by_a_link_to_it(
    bridgekit: Run, config: Path, fill: Fill, link: str
) -> None:
    job = fill(everyday)["bad"]
    assert job.reference in bridgekit("trace", link, "-c", config).stdout
