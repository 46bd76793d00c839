"""The migrated schema is the declared one, and records of every version stay readable."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from bridgekit import codec
from bridgekit.store import migrations
from bridgekit.store.migrations import versions
from bridgekit.store.tables import metadata

VERSIONS = sorted(Path(versions.__file__).parent.glob("v*.py"))
SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.json"))


def test_migrations_lead_to_the_declared_tables(tmp_path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    with engine.begin() as connection:
        migrations.upgrade(connection)
        found = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert found == []


def test_indexes_are_the_declared_ones() -> None:
    """Autogenerate does not compare conditions or the order of columns in a constraint."""

    def schema(make) -> list[str]:
        engine = create_engine("sqlite://")
        with engine.begin() as connection:
            make(connection)
            found = connection.scalars(
                text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name != :other"),
                {"other": "alembic_version"},
            ).all()
        engine.dispose()
        return sorted(" ".join(one.split()) for one in found)

    assert schema(migrations.upgrade) == schema(metadata.create_all)


def test_a_second_run_changes_nothing() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        migrations.upgrade(connection)
        connection.execute(text("INSERT INTO meta VALUES ('made_by', 'bridgekit')"))
        before = connection.execute(text("SELECT * FROM sqlite_master")).all()
        migrations.upgrade(connection)
        migrations.check_current(connection)
        assert connection.execute(text("SELECT * FROM sqlite_master")).all() == before
    engine.dispose()


@pytest.mark.parametrize("file", VERSIONS, ids=lambda file: file.stem)
def test_a_migration_is_plain_code(file: Path) -> None:
    assert "auto generated" not in file.read_text("utf-8")


def test_there_are_samples_of_every_version() -> None:
    found = {int(file.name[1]) for file in SAMPLES}
    assert found == set(range(1, codec.VERSION + 1))


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
def test_a_released_record_stays_readable(file: Path) -> None:
    stored = file.read_text("utf-8")
    if "event" in file.stem:
        event = codec.load_event(stored)
        assert event["content"]["body"]
        assert codec.load_event(codec.dump_event(event)) == event
    else:
        record = codec.load(stored)
        assert codec.load(codec.dump(record)) == record


def test_a_released_message_means_what_it_meant() -> None:
    record = codec.load((Path(__file__).parent / "samples" / "v1_message.json").read_text("utf-8"))
    assert record.chat.id == "#python"
    assert record.sender == "bob"
    assert record.at == datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
    assert record.content.kind == "emote"
    assert [type(node).__name__ for node in record.content.text] == ["Text", "Bold", "Mention"]
