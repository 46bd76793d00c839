"""`bridgekit changes`, `portals`, `logins` and `ghosts`, on a database as a bridge leaves it."""

from __future__ import annotations

import json
from pathlib import Path

from bridgekit.clock import SystemClock
from bridgekit.ids import LoginID, NetworkName, RemoteUserID, UserID
from bridgekit.lanes.journey import millis
from bridgekit.login_row import LoginKind, LoginRow
from bridgekit.models import Ghost
from bridgekit.store.changes import note
from bridgekit.store.people import save_ghost, save_login
from tests.core.cli.conftest import Fill, Rows, Run

TOWER = NetworkName("tower")
HOUR = 3600 * 1000


async def everyday(rows: Rows) -> None:
    now = millis(SystemClock())
    portal = await rows.portal("#python")
    await rows.bind(portal, "!py:example.org")
    await rows.portal("#100%")
    await rows.job(portal, "$waits")
    owner = UserID("@alice:example.org")
    await rows.write(
        save_login(
            LoginRow(
                LoginID("tower:a"),
                TOWER,
                owner,
                "sealed-secret",
                used_at=now,
                kind=LoginKind.SIGNED_IN,
            )
        )
    )
    await rows.write(save_login(LoginRow(LoginID("tower:bot"), TOWER, None, used_at=0)))
    await rows.write(note(now - 3 * HOUR, "login tower:a online"))
    await rows.write(note(now - HOUR, "login tower:a refused", "wrong \x1b[31mpassword"))
    await rows.write(note(now, "start"))
    ghost = UserID("@tower_bob:example.org")
    await rows.write(save_ghost(Ghost(TOWER, RemoteUserID("bob"), ghost, "Bob the Great", now)))


def rows_of(bridgekit: Run, config: Path, *words: str) -> list[dict]:
    return json.loads(bridgekit(*words, "-c", config, "--json").stdout)


def test_each_lists_what_there_is_within_80_columns(
    bridgekit: Run, config: Path, fill: Fill
) -> None:
    fill(everyday)
    for command, words in {
        "changes": ["start", "login tower:a refused"],
        "portals": ["#python", "!py:example.org", "bound"],
        "logins": ["tower:a", "refused: wrong", "the bridge"],
        "ghosts": ["@tower_bob:example.org", "Bob the Great"],
    }.items():
        output = bridgekit(command, "-c", config).stdout
        assert "\x1b" not in output
        assert "sealed-secret" not in output
        assert max(map(len, output.splitlines())) <= 80
        for word in words:
            assert word in " ".join(output.split()), command


FILTERS = [
    (["portals", "python"], "chat", ["#python"]),
    (["portals", "PY:example"], "chat", ["#python"]),
    (["portals", "%"], "chat", ["#100%"]),
    (["portals", "--state", "new"], "chat", ["#100%"]),
    (["portals", "--network", "elsewhere"], "chat", []),
    (["logins", "--state", "refused"], "id", ["tower:a"]),
    (["logins", "alice"], "id", ["tower:a"]),
    (["ghosts", "great"], "user", ["bob"]),
    (["ghosts", "nobody"], "user", []),
    (["changes", "login"], "what", ["login tower:a refused", "login tower:a online"]),
    (["changes", "--since", "2 hours"], "what", ["start", "login tower:a refused"]),
]


def test_a_filter_leaves_what_fits(bridgekit: Run, config: Path, fill: Fill) -> None:
    fill(everyday)
    for words, key, found in FILTERS:
        assert [one[key] for one in rows_of(bridgekit, config, *words)] == found, words


def test_what_waits_is_counted_at_its_portal(bridgekit: Run, config: Path, fill: Fill) -> None:
    fill(everyday)
    (portal,) = rows_of(bridgekit, config, "portals", "python")
    assert (portal["waiting"], portal["state"], portal["direction"]) == (1, "bound", "both")


def test_a_login_is_shown_as_it_stood_last(bridgekit: Run, config: Path, fill: Fill) -> None:
    fill(everyday)
    first, bot = rows_of(bridgekit, config, "logins")
    assert (first["state"], first["owner"], first["kind"]) == (
        "refused",
        "@alice:example.org",
        "signed_in",
    )
    assert (bot["state"], bot["owner"], bot["used_at"]) == ("unknown", None, None)


def test_more_than_the_limit_is_said(bridgekit: Run, config: Path, fill: Fill) -> None:
    fill(everyday)
    assert (
        "There is more: see --limit." in bridgekit("changes", "-c", config, "--limit", "1").stdout
    )


def test_nothing_is_said_in_a_sentence(bridgekit: Run, config: Path, fill: Fill) -> None:
    fill(lambda rows: rows.portal("#a"))
    assert bridgekit("ghosts", "-c", config).stdout == "There is no such ghost.\n"
    assert bridgekit("changes", "x", "-c", config, "--since", "soon").exit_code == 2
