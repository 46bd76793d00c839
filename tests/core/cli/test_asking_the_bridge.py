"""`queue pause`, `queue resume` and `stats`: what they ask of the running bridge, and show."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientTimeout

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.cli import running
from bridgekit.cli.doctor.calls import calls
from bridgekit.cli.doctor.networks import network
from bridgekit.cli.options import load
from bridgekit.configuration.listening import TCPAddress
from bridgekit.ids import RoomID
from bridgekit.store.encryption import save_settings
from bridgekit.store.sql import Rows as Changes
from tests.core.cli.conftest import Fill, Rows, Run, flat

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
    "encryption": {"unread": 2, "said": ["2 encrypted messages wait for a key"]},
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The words that a bridge was given; it answers what `STATS` says."""
    words: list[list[str]] = []

    async def ask(_config: Any, path: str, body: Any, **_: object) -> tuple[int, Any]:
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
    assert "2 encrypted messages wait for a key" in output
    assert max(map(len, output.splitlines())) <= 80
    shown = json.loads(bridgekit("stats", "-c", config, "--json").stdout)
    assert set(shown) == {"started", "events", "waiting", "encryption"}


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


UNHEARD = [
    {"id": number, "network": "tower", "chat": f"#c{number}", "room": f"!r{number}:x.org"}
    for number in range(1, 7)
]


def test_doctor_says_of_how_many_rooms_nobody_hears_the_chat_and_what_to_do(
    bridgekit: Run, config: Path, asked: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> list[dict[str, Any]]:
        said = json.loads(bridgekit("doctor", "-c", config, "--json").stdout)
        return [one for one in said["findings"] if one["id"] == "chat-unheard"]

    assert found() == []
    monkeypatch.setitem(STATS, "chats", UNHEARD)
    (one,) = found()
    assert ["chats", "--limit=1000", "--unheard"] in asked
    assert (one["area"], one["severity"]) == ("Chats", "warning")
    assert one["text"].startswith("6 chats of tower without a login of the bridge's own")
    assert one["text"].endswith("#c4 in !r4:x.org, #c5 in !r5:x.org and 1 more.")
    assert one["fix"].startswith("bridgekit sign-in tower --relay;")


@pytest.mark.usefixtures("asked")
def test_portals_says_which_of_them_no_login_hears_and_which_are_encrypted(
    bridgekit: Run, config: Path, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def two(rows: Rows) -> None:
        for chat in ("#c1", "#c2"):
            portal = await rows.portal(chat)
            await rows.bind(portal, f"!{chat[1:]}:example.org")
            monkeypatch.setitem(STATS, "chats", [{"id": portal.id}])  # the last of them
        await rows.write(Changes(save_settings(RoomID("!c1:example.org"), "{}")))

    fill(two)
    output = flat(bridgekit("portals", "-c", config).stdout)
    assert "tower #c1 bound, encrypted both !c1:example.org" in output
    assert "tower #c2 bound, no login hears it both !c2:example.org" in output
    assert output.endswith("No login hears 1 chat: see `bridgekit doctor`.")
    shown = json.loads(bridgekit("portals", "-c", config, "--json").stdout)
    assert [one["unheard"] for one in shown] == [False, True]
    assert [one["encrypted"] for one in shown] == [True, False]
    monkeypatch.setattr("bridgekit.cli.looking.portals.MOST", 1)
    shown = json.loads(bridgekit("portals", "-c", config, "--json").stdout)
    assert [one["unheard"] for one in shown] == [None, True], "of what is beyond, nobody knows"


@pytest.mark.parametrize("lately", [2, 0])
async def test_an_address_whose_calls_are_refused_has_no_tick(
    config: Path, asked: list[list[str]], monkeypatch: pytest.MonkeyPatch, lately: int
) -> None:
    forged = {"network": "tower", "outcome": "forged", "lately": lately}
    monkeypatch.setitem(STATS, "events", [forged])
    read, refusing = load(config), set[str]()
    async for _ in calls(read, refusing):
        pass
    assert refusing == ({"tower"} if lately else set())
    settings = read.networks["tower"]

    async def check(_: object) -> AsyncIterator[Finding]:
        yield Finding(Severity.OK, "Calls come to https://b.org/_bridgekit/hooks/tower.")
        yield Finding(Severity.OK, "The tower stands.")

    monkeypatch.setattr(settings.adapter, "check", check)
    found = [one async for one in network(settings, None, refuses="tower" in refusing)]
    assert [one.severity for one in found] == [
        Severity.WARNING if lately else Severity.OK,
        Severity.OK,
    ]
    assert asked


async def test_doctor_waits_no_longer_for_a_bridge_that_hangs_than_in_its_other_questions(
    monkeypatch: pytest.MonkeyPatch, config: Path
) -> None:
    given: list[asyncio.StreamWriter] = []
    monkeypatch.setattr(running, "SHORT", ClientTimeout(total=0.05))

    async def taken(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        given.append(writer)  # it takes every connection, and never answers

    async with await asyncio.start_server(taken, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        read = load(config)
        listen = TCPAddress("127.0.0.1", port)
        there = read.appservice.model_copy(update={"listen": listen})
        (finding,) = [one async for one in calls(replace(read, appservice=there), set())]
        for one in given:
            one.close()
    assert (finding.id, finding.severity) == ("bridge-silent", Severity.WARNING)
    assert f"127.0.0.1:{port} did not say within" in finding.text
