"""`bridgekit backup`, `restore` and `database`, on a database as a bridge leaves it."""

from __future__ import annotations

import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from bridgekit.clock import SystemClock
from bridgekit.lanes.journey import millis
from bridgekit.store.changes import note
from bridgekit.store.lock import exclusive
from tests.core.cli.conftest import Fill, Rows, Run, flat, replace

DAY = 24 * 3600 * 1000
pytestmark = pytest.mark.sqlite


async def everyday(rows: Rows) -> None:
    portal = await rows.portal("#python")
    await rows.job(portal, "$waits")
    await rows.write(note(millis(SystemClock()) - 91 * DAY, "start"))
    await rows.write(note(millis(SystemClock()), "start"))


def waiting(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return [row[0] for row in database.execute("SELECT source FROM job ORDER BY id")]


def test_a_copy_is_made_and_put_back(
    bridgekit: Run, config: Path, fill: Fill, tmp_path: Path
) -> None:
    fill(everyday)
    copy = tmp_path / "copy.db"
    made = bridgekit("backup", copy, "-c", config)
    assert made.exit_code == 0
    assert "checked" in made.stdout
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert waiting(copy) == ["$waits"]
    database = tmp_path / "bridge.db"
    with closing(sqlite3.connect(database)) as lost:
        lost.execute("DELETE FROM job")
        lost.commit()
    result = bridgekit("restore", copy, "-c", config)
    assert result.exit_code == 0
    assert waiting(database) == ["$waits"]
    (aside,) = [path for path in tmp_path.glob("bridge.db.before-*") if path.name[-4:].isdigit()]
    assert waiting(aside) == []
    assert str(aside) in flat(result.stdout).replace(" ", "") or str(aside) in result.stdout
    assert bridgekit("queue", "-c", config).exit_code == 0
    assert copy.exists()


def test_a_copy_is_never_written_over_another(
    bridgekit: Run, config: Path, fill: Fill, tmp_path: Path
) -> None:
    fill(everyday)
    there = tmp_path / "there.db"
    there.write_text("mine")
    result = bridgekit("backup", there, "-c", config)
    assert result.exit_code == 5
    assert "exists already" in result.stderr
    assert there.read_text() == "mine"
    assert not list(tmp_path.glob("*.part"))


def test_nothing_is_restored_under_a_running_bridge(
    bridgekit: Run, config: Path, fill: Fill, tmp_path: Path
) -> None:
    fill(everyday)
    bridgekit("backup", tmp_path / "copy.db", "-c", config)
    with exclusive(tmp_path / "bridge.db"):
        result = bridgekit("restore", tmp_path / "copy.db", "-c", config)
    assert result.exit_code == 5
    assert "is in use by another bridgekit" in result.stderr
    assert not list(tmp_path.glob("bridge.db.before-*"))


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 100, None])
def test_what_is_no_copy_of_ours_is_refused(
    bridgekit: Run, config: Path, fill: Fill, tmp_path: Path, content: bytes | None
) -> None:
    fill(everyday)
    strange = tmp_path / "strange.db"
    if content is not None:
        strange.write_bytes(content)
    result = bridgekit("restore", strange, "-c", config)
    assert result.exit_code == 5
    assert result.stderr.strip()
    assert "Traceback" not in result.stderr
    assert waiting(tmp_path / "bridge.db") == ["$waits"]


def test_a_copy_of_a_newer_release_is_refused(
    bridgekit: Run, config: Path, fill: Fill, tmp_path: Path
) -> None:
    fill(everyday)
    copy = tmp_path / "copy.db"
    bridgekit("backup", copy, "-c", config)
    with closing(sqlite3.connect(copy)) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.commit()
    result = bridgekit("restore", copy, "-c", config)
    assert result.exit_code == 5
    assert "newer bridgekit (schema 9999)" in result.stderr


def test_a_copy_that_cannot_be_written_is_a_sentence(
    bridgekit: Run, config: Path, fill: Fill, tmp_path: Path
) -> None:
    fill(everyday)
    result = bridgekit("backup", tmp_path / "no folder" / "copy.db", "-c", config)
    assert result.exit_code == 5
    assert "cannot be written: No such file or directory" in result.stderr


def test_for_postgresql_its_own_means_are_named(
    bridgekit: Run, config: Path, tmp_path: Path
) -> None:
    replace(config, "sqlite:///bridgekit.db", "postgresql://bridgekit@localhost/bridgekit")
    for command, means in (("backup", "pg_dump"), ("restore", "pg_restore")):
        result = bridgekit(command, tmp_path / "copy", "-c", config)
        assert result.exit_code == 5
        assert means in result.stderr


def test_the_database_shows_its_tables_and_what_a_prune_would_free(
    bridgekit: Run, config: Path, fill: Fill
) -> None:
    fill(everyday)
    output = bridgekit("database", "-c", config).stdout
    assert "A prune would forget 1 row" in output
    assert max(map(len, output.splitlines())) <= 80
    shown = json.loads(bridgekit("database", "-c", config, "--json").stdout)
    change = next(one for one in shown["tables"] if one["table"] == "change")
    assert (change["rows"], change["old"]) == (2, 1)
    assert shown["bytes"] > 0


def test_a_prune_forgets_what_is_old_and_nothing_that_waits(
    bridgekit: Run, config: Path, fill: Fill, tmp_path: Path
) -> None:
    fill(everyday)
    dry = bridgekit("database", "prune", "--dry-run", "-c", config).stdout
    assert "change: 1 row" in dry
    assert "1 row would be forgotten" in dry
    assert "1 row forgotten" in bridgekit("database", "prune", "-c", config).stdout
    assert "0 rows forgotten" in bridgekit("database", "prune", "-c", config).stdout
    assert waiting(tmp_path / "bridge.db") == ["$waits"]
