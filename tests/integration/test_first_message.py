"""From an installed package and a running Synapse to a bridged message, as an operator does it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sysconfig
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bridgekit.testing.homeserver import Person
from bridgekit.testing.servers import Ngircd, Synapse, free_port, people
from bridgekit.testing.servers import synapse as run_synapse
from demo.irc_person import irc_person
from tests.core.cli.test_made_adapter import ROOT, fresh
from tests.integration.missing import or_skip

pytestmark = [
    pytest.mark.synapse,
    pytest.mark.ngircd,
    pytest.mark.sqlite,
    pytest.mark.timeout(300),
]
FIVE_MINUTES = 300


@dataclass
class Operator:
    """Types commands in a folder, and counts them."""

    bridgekit: Path
    folder: Path
    typed: list[str] = field(default_factory=list)

    async def types(self, *words: str) -> str:
        self.typed.append(" ".join(["bridgekit", *words]))
        done = await asyncio.to_thread(
            subprocess.run,
            [str(self.bridgekit), *words],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": ""},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{self.typed[-1]}: {done.stdout}{done.stderr}"
        return done.stdout

    @asynccontextmanager
    async def running(self, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
        self.typed.append(" ".join(["bridgekit", *words]))
        log = (self.folder / "run.log").open("ab")
        process = await asyncio.create_subprocess_exec(
            *(str(self.bridgekit), *words),
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": ""},
            stderr=log,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
            log.close()

    async def restarts(self, synapse: Synapse, registration: Path) -> None:
        """Names the registration in the homeserver's configuration, and restarts it."""
        self.typed.append("systemctl restart matrix-synapse")
        file = synapse.process.workdir / "homeserver.json"
        settings = json.loads(file.read_text())
        settings["app_service_config_files"].append(str(registration))
        file.write_text(json.dumps(settings))
        await asyncio.to_thread(synapse.restart)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console script of an environment with a wheel of ours, and what it needs beside it."""
    folder = tmp_path_factory.mktemp("fresh") / "environment"
    python = fresh(folder, [ROOT], [sysconfig.get_path("purelib")])
    return Path(python).with_name("bridgekit")


def answers(synapse: Synapse, ngircd: Ngircd) -> dict[str, Any]:
    return {
        "homeserver": synapse.url,
        "domain": synapse.domain,
        "url": f"http://127.0.0.1:{free_port()}",
        "admin": f"@alice:{synapse.domain}",
        "networks": {
            "garden": {"adapter": "irc", "host": ngircd.host, "port": ngircd.port, "tls": False}
        },
    }


async def joined(person: Person, alias: str, process: asyncio.subprocess.Process) -> str:
    """As soon as the room is there."""
    while process.returncode is None:
        try:
            return await person.join(alias)
        except Exception:  # noqa: BLE001 (not there yet; the test's own time limit ends it)
            continue
    raise AssertionError("the bridge has ended")


async def test_an_operator_gets_from_nothing_to_a_bridged_message_in_five_minutes(
    installed: Path,
    ngircd: Ngircd,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    record_property: Any,
) -> None:
    work = tmp_path / "operator"
    work.mkdir()
    with or_skip(run_synapse(tmp_path / "synapse")) as synapse:
        operator = Operator(installed, work)
        (work / "answers.yaml").write_text(json.dumps(answers(synapse, ngircd)))
        begun = time.monotonic()
        said = await operator.types("init", "--answers", "answers.yaml")
        assert "registration" in said
        printed = await operator.types("registration", "print")
        registration = work / "of-the-homeserver.yaml"
        registration.write_text(printed)
        registration.chmod(0o600)
        await operator.restarts(synapse, registration)
        async with (
            operator.running("run") as process,
            irc_person(ngircd.port, "rosa", "#garden5") as rosa,
            people(synapse) as crowd,
            asyncio.timeout(FIVE_MINUTES),
        ):
            alice = await crowd.person("alice")
            room = await joined(alice, f"#garden_#garden5:{synapse.domain}", process)
            await alice.say(room, "Is anybody there?")
            await rosa.wait(lambda: any("anybody there" in one for one in rosa.texts("#garden5")))
            there = time.monotonic() - begun
            rosa.say("#garden5", "I am.")
            await alice.wait_for(room, lambda event: event["content"].get("body") == "I am.")
            await operator.types("doctor")
    to_message = operator.typed[:-1]
    record_property("seconds", round(there, 1))
    record_property("commands", len(to_message))
    with capsys.disabled():
        print(f"\n{there:.1f} s, {len(to_message)} commands: {'; '.join(to_message)}")  # noqa: T201 (the figure is asked for)
    assert len(to_message) == 4
