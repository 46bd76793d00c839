"""`queue pause`, `queue resume` and `stats`: what they ask of the running bridge, and show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridgekit.cli import running
from tests.core.cli.conftest import Run, flat

STATS = {
    "text": "…",
    "started": "2026-01-31T00:00:00Z",
    "events": [
        {"network": "tower", "direction": "to_matrix", "outcome": "delivered"}
        | {"since_start": 12, "lately": 3}
    ],
    "waiting": [
        {"direction": "to_network", "brought_by": "homeserver", "jobs": 2, "oldest": "2026-01-31"}
    ],
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The words that a bridge was given; it answers what `STATS` says."""
    words: list[list[str]] = []

    async def ask(_config: Any, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        assert path.endswith("/do")
        words.append(body["words"])
        return 200, STATS

    monkeypatch.setattr(running, "ask", ask)
    return words


@pytest.mark.parametrize(
    ("typed", "given"),
    [
        (["pause"], ["brake"]),
        (["pause", "tower"], ["brake", "--network=tower"]),
        (["pause", "tower", "--chat", "#a b"], ["brake", "--network=tower", "--chat=#a b"]),
        (["resume", "tower", "--login", "x"], ["release", "--network=tower", "--login=x"]),
    ],
)
def test_pausing_is_the_brake_of_the_running_bridge(
    bridgekit: Run, config: Path, asked: list[list[str]], typed: list[str], given: list[str]
) -> None:
    assert bridgekit("queue", "-c", config, *typed).exit_code == 0
    assert asked == [given]


def test_stats_shows_a_table_within_80_columns(
    bridgekit: Run, config: Path, asked: list[list[str]]
) -> None:
    output = bridgekit("stats", "-c", config, "--network", "tower", "--minutes", "5").stdout
    assert asked == [["stats", "--minutes=5", "--network=tower"]]
    assert "tower to_matrix delivered 12 3" in flat(output)
    assert "to_network homeserver 2" in flat(output)
    assert max(map(len, output.splitlines())) <= 80
    shown = json.loads(bridgekit("stats", "-c", config, "--json").stdout)
    assert set(shown) == {"started", "events", "waiting"}


@pytest.mark.parametrize("words", [["stats"], ["queue", "pause"]])
def test_a_bridge_that_does_not_answer_is_a_sentence(
    bridgekit: Run, config: Path, words: list[str]
) -> None:
    result = bridgekit(*words, "-c", config)
    assert result.exit_code == 4
    assert "does not answer" in result.stderr


@pytest.mark.parametrize("lately", [2, 0])
def test_doctor_says_that_the_running_bridge_refuses_calls(
    bridgekit: Run,
    config: Path,
    asked: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    lately: int,
) -> None:
    forged = {"network": "tower", "direction": "to_matrix", "outcome": "forged", "since_start": 3}
    monkeypatch.setitem(STATS, "events", [*STATS["events"], forged | {"lately": lately}])
    said = json.loads(bridgekit("doctor", "-c", config, "--json").stdout)
    found = [one for one in said["findings"] if one["id"] == "calls-refused"]
    assert [one["area"] for one in found] == (["Webhooks"] if lately else [])
    assert all("refused 2 calls to the webhook of tower" in one["text"] for one in found)
    assert ["stats"] in asked
