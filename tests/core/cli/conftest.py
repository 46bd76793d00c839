"""The command as people type it, beside an installed adapter of its own."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from ruamel.yaml import YAML
from typer.testing import CliRunner, Result

from bridgekit.cli.app import app
from bridgekit.cli.init.probing import Seen
from bridgekit.clock import SystemClock
from bridgekit.errors import Rejected
from bridgekit.ids import ChatID, NetworkName, PortalKey, RoomID
from bridgekit.lanes.journey import Done, Journey
from bridgekit.models import (
    Draft,
    Job,
    Part,
    PartState,
    Portal,
    PortalState,
    Step,
    lane_to_matrix,
    lane_to_network,
)
from bridgekit.models import Result as Ending
from bridgekit.reasons import Reason
from bridgekit.store.intake import Put
from bridgekit.store.portals import MakePortal, save_portal
from bridgekit.store.progress import Finish, Retry, SaveParts
from bridgekit.store.store import Store, open_store
from bridgekit.store.writer import Operation
from bridgekit.testing.homeserver import FakeHomeserver
from bridgekit.testing.servers import free_port

Run = Callable[..., Result]
Doctor = Callable[..., Awaitable[Result]]

PAGER = """
from bridgekit import Adapter, Finding, Manifest, Severity, SupportsDoctor
from pydantic import BaseModel, Field, SecretStr

class Settings(BaseModel):
    host: str = Field(description="the name of the tower")
    token: SecretStr | None = None

class Pager(Adapter[Settings], SupportsDoctor):
    manifest = Manifest("pager", "Pager", Settings)

    def connect(self, login): ...

    async def check(self):
        if self.config.host == "crash":
            raise RuntimeError("the tower \\x1b[31mfell")
        if self.config.host == "host":
            self.host.logins()
        if self.config.host == "gone":
            yield Finding(Severity.ERROR, "The tower is gone.", "Build another.")
        else:
            yield Finding(Severity.OK, f"The tower {self.config.host} stands.")
"""


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed packages: the adapter `pager`, and `torn`, which is broken."""
    folder = tmp_path / "site"
    info = folder / "sample_pager-1.2.dist-info"
    info.mkdir(parents=True)
    (folder / "sample_pager.py").write_text(PAGER)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sample-pager\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(
        "[bridgekit.adapters]\npager = sample_pager:Pager\ntorn = sample_torn:Torn\n"
    )
    monkeypatch.syspath_prepend(folder)
    yield folder
    sys.modules.pop("sample_pager", None)


@pytest.fixture(autouse=True)
def _logging() -> Iterator[None]:
    """A command sets up the log of its process, which here is that of all tests."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(autouse=True)
def _on_a_disk_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests may run in a container, where a database would be lost: that is not what they test."""
    monkeypatch.setattr("bridgekit.cli.doctor.database._file_system", lambda _folder: "ext4")


@pytest.fixture(autouse=True)
def _nobody_looks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """`init` asks the homeserver who it is; only where a test is about that is there one."""
    if "looking" not in request.fixturenames:
        monkeypatch.setattr("bridgekit.cli.init.completing.look", lambda _url: Seen(""))


@pytest.fixture
def looking() -> None:
    """`init` really looks."""


@pytest.fixture(autouse=True)
def _no_world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """`doctor` asks the public address; only where a test is about that is there one."""

    async def nothing(*_: object) -> None: ...

    if "world" not in request.fixturenames:
        monkeypatch.setattr("bridgekit.cli.doctor.callback.public_address", nothing)


@pytest.fixture
def world() -> None:
    """`doctor` really asks at the public address."""


@pytest.fixture
def bridgekit() -> Run:
    """Type `bridgekit …`; an exception that leaves the command fails the test."""

    def run(*words: object, typed: str = "") -> Result:
        result = CliRunner().invoke(app, [str(word) for word in words], input=typed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def config(bridgekit: Run, tmp_path: Path) -> Path:
    """A configuration as `init` writes it."""
    path = tmp_path / "config.yaml"
    words = ["--yes", "-c", path, "--domain", "example.org", "--network", "tower=pager"]
    assert bridgekit("init", *words, "--set", "networks.tower.host=high").exit_code == 0
    return path


@pytest.fixture
async def homeserver() -> AsyncIterator[FakeHomeserver]:
    async with FakeHomeserver(domain="example.org") as homeserver:
        yield homeserver


@pytest.fixture
def connected(bridgekit: Run, tmp_path: Path, homeserver: FakeHomeserver) -> Path:
    """A configuration whose homeserver is there, on free ports."""
    path = tmp_path / "config.yaml"
    homeserver.person("you")
    result = bridgekit(
        *("init", "--yes", "-c", path, "--domain", "example.org", "--homeserver", homeserver.url),
        *("--url", f"http://127.0.0.1:{free_port()}"),
        *("--network", "tower=pager", "--set", "networks.tower.host=high"),
        *("--set", "appservice.public_url=https://bridge.example.org"),
        *("--admin", "@you:example.org"),
    )
    assert result.exit_code == 0
    return path


def registration(config: Path, **changes: Any) -> dict[str, Any]:
    """What `init` wrote beside it, as a homeserver reads it."""
    loaded: dict[str, Any] = YAML(typ="safe").load(config.with_name("registration.yaml"))
    return loaded | changes


@pytest.fixture
def doctor(bridgekit: Run, connected: Path, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Type `bridgekit doctor …` while the homeserver of this loop answers it."""
    monkeypatch.setenv("COLUMNS", "300")  # no path of a test is folded

    async def run(*words: object) -> Result:
        return await asyncio.to_thread(bridgekit, "doctor", "-c", connected, *words)

    return run


def flat(text: str) -> str:
    """The words, wherever the lines were broken."""
    return " ".join(text.split())


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@asynccontextmanager
async def started(
    config: Path, site: Path, *words: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`bridgekit run` as a process of its own, with its log on a pipe; it does not outlive us."""
    repository = Path(__file__).parents[3]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridgekit.cli", "run", "-c", str(config), *words),
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(repository)])},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


class Rows:
    """Fills a database as a bridge would, one commit at a time."""

    def __init__(self, store: Store) -> None:
        self._store, self._clock = store, SystemClock()

    async def portal(self, chat: str) -> Portal:
        key = PortalKey(NetworkName("tower"), ChatID(chat))
        return await self._store.writer.write(MakePortal(key))

    async def job(self, portal: Portal, source: str, *, to_matrix: bool = False) -> Job:
        lane = lane_to_matrix(portal.id) if to_matrix else lane_to_network(portal.id)
        now = int(self._clock.now().timestamp() * 1000) - 5000
        draft = Draft(lane, f"{portal.id} {source}", "message", json.dumps({}), source, now)
        (number,) = await self._store.writer.write(Put([draft], at=now))
        assert number is not None
        return Job(number, lane, draft.key, draft.kind, source, now, None, stored_at=now)

    async def end(self, job: Job, done: Done, **waits: int) -> None:
        journey = Journey(job, self._clock, waits=dict(waits), network="tower")
        journey.resume()
        if done.result is Ending.DELIVERED:
            journey.note(Step.SENT)
        if done.result is not Ending.DELIVERED:
            journey.note_try(Rejected(done.detail))
        await self._store.writer.write(Finish(journey.outcome(done), bury=done.bury))

    async def fail(self, job: Job, why: str, reason: Reason = Reason.REJECTED) -> None:
        await self.end(job, Done(reason, Ending.FAILED, why, bury=True))

    async def try_again(self, job: Job, why: str, at: int) -> None:
        await self._store.writer.write(Retry(job.id, 3, at, why))

    async def bind(self, portal: Portal, room: str) -> None:
        bound = dataclasses.replace(portal, state=PortalState.BOUND, room=RoomID(room))
        await self._store.writer.write(save_portal(bound))

    async def write(self, operation: Operation[Any]) -> None:
        await self._store.writer.write(operation)

    async def parts(self, job: Job, *states: PartState) -> None:
        parts = [Part(number, f"t{number}", state) for number, state in enumerate(states)]
        await self._store.writer.write(SaveParts(job.id, parts))


Fill = Callable[[Callable[[Rows], Awaitable[Any]]], Any]


@pytest.fixture
def fill(tmp_path: Path, empty_database: str) -> Fill:
    """Run a scenario on the database of `config`, then close it; returns what it returns."""

    def run(scenario: Callable[[Rows], Awaitable[Any]]) -> Any:
        config = tmp_path / "config.yaml"
        config.write_text(config.read_text().replace("sqlite:///bridgekit.db", empty_database))

        async def opened() -> Any:
            async with open_store(empty_database, SystemClock()) as store:
                return await scenario(Rows(store))

        return asyncio.run(opened())

    return run
