"""The documented copy of a PostgreSQL database goes on at another server; nothing comes twice."""

from __future__ import annotations

import asyncio
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from bridgekit.configuration.moderation_settings import ModerationSettings
from bridgekit.store.beside import reading
from bridgekit.store.sizes import sizes
from bridgekit.testing.rig import Rig
from bridgekit.testing.servers import Postgres
from bridgekit.testing.servers import postgres as run_postgres
from tests.core.operating.test_backup_under_traffic import ALIAS, arrived, once, talk
from tests.integration.missing import or_skip

pytestmark = pytest.mark.postgres
GUIDE = Path(__file__).parents[3] / "docs" / "operating.md"
OLD, NEW = "old.example.org/bridgekit", "new.example.org/bridgekit"


def documented(server: Postgres, *replaced: tuple[str, str]) -> list[list[str]]:
    """The commands of the guide, for the databases of this test."""
    (block,) = re.findall(r"^```sh\n(pg_dump.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    for old, new in replaced:
        assert old in block
        block = block.replace(old, new)
    lines = [shlex.split(line) for line in block.splitlines()]
    return [[str(server.programs / program), *words] for program, *words in lines]


def run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


async def test_a_dump_under_traffic_goes_on_at_another_server(
    tmp_path: Path, postgres: Postgres
) -> None:
    name = postgres.make()
    with or_skip(run_postgres()) as elsewhere:
        dump, make, restore = documented(
            postgres,
            (f"postgresql://bridgekit@{OLD}", postgres.url(name)),
            ("postgresql://postgres@new.example.org/postgres", elsewhere.url("postgres")),
            (f"postgresql://bridgekit@{NEW}", elsewhere.url("bridgekit")),
        )
        async with Rig(tmp_path, database=postgres.url(name)) as rig:
            rig.settings["moderation"] = ModerationSettings(circles=False)  # they take turns
            await rig.start()
            alice = rig.hs.person("alice")
            room = await alice.join(ALIAS)
            talking = asyncio.ensure_future(talk(rig, room, range(20)))
            await asyncio.to_thread(run, dump, tmp_path)
            await talking
            await arrived(rig, room, range(20))
            await rig.stop()
            for command in (make, restore):
                await asyncio.to_thread(run, command, tmp_path)
            rig.database = elsewhere.url("bridgekit")
            await rig.start()
            # The network says again what the copy has not heard of; the homeserver holds it.
            for number in range(20):
                await rig.network.say("#room", "bob", f"in {number}", id=f"m{number}")
            await talk(rig, room, range(20, 25))
            await arrived(rig, room, range(25))
            await rig.stop()
            once(rig.network.texts(), "out", range(25))
            once(await alice.bodies(room), "in", range(25))
        async with reading(elsewhere.url("bridgekit")) as reader:
            found = await sizes(reader, elsewhere.url("bridgekit"), 0)
        assert {one.table for one in found} >= {"job", "link", "outcome"}
        assert all(one.bytes for one in found), "a server says how large each table is"
    postgres.drop(name)
