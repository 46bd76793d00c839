"""A real PostgreSQL on loopback, fast and forgetful: a database for a test costs milliseconds."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bridgekit.testing.memory import memory
from bridgekit.testing.servers.in_memory import ROOM
from bridgekit.testing.servers.ports import free_port
from bridgekit.testing.servers.process import (
    HOST,
    Process,
    ServerFailed,
    ServerMissing,
    as_child,
)

USER = "test"
_PROGRAMS = Path("/usr/lib/postgresql")  # where Debian keeps what is not for everybody's PATH

# Not durable: a test kills the server, never the machine under it.
_SETTINGS = {
    "listen_addresses": HOST,
    "max_connections": "200",
    "shared_buffers": "64MB",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "max_wal_size": "128MB",
    "logging_collector": "off",
    "deadlock_timeout": "100ms",
}
_DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running PostgreSQL. `process` stops, kills and restarts it; `USER` may do everything."""

    process: Process
    programs: Path
    port: int
    folder: Path

    def url(self, database: str, user: str = USER) -> str:
        return f"postgresql://{user}@{HOST}:{self.port}/{database}"

    def make(self, template: str = "template0", statement: str = "") -> str:
        """The name of a new database, a copy of `template`, to which nobody is connected.

        `statement` is typed in it at once.
        """
        name = f"test_{secrets.token_hex(6)}"
        inside = f"\n\\connect {name}\n{statement}" if statement else ""
        self.sql("postgres", f"CREATE DATABASE {name} TEMPLATE {template};{inside}")
        return name

    def drop(self, name: str) -> None:
        """Its connections are cut off, too."""
        self.sql("postgres", f"DROP DATABASE {name} WITH (FORCE)")

    def sql(self, database: str, statement: str) -> str:
        """What an administrator types; returns what psql prints, one line a row."""
        psql = [str(self.programs / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-f", "-"]
        return _run([*psql, self.url(database)], statement)

    def dump(self, database: str) -> str:
        return _run([str(self.programs / "pg_dump"), self.url(database)], "")

    def kill(self) -> None:
        """All its processes at once, as a power cut does: the next start recovers from the log."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children")
        # One that lives on would hold the shared memory, and the next start would fail.
        doomed = children.read_text("ascii").split() if children.exists() else []
        self.process.kill()
        for child in doomed:
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)

    def stop(self) -> None:
        """In order, and whoever is connected is told so."""
        if self.process.pid is not None:
            os.kill(self.process.pid, signal.SIGINT)  # SIGTERM would wait for them
        self.process.stop()

    def start(self) -> None:
        self.process.start()


@contextmanager
def postgres(
    port: int = 0, *, durable: bool = False, place: Path | None = None
) -> Iterator[Postgres]:
    """Run PostgreSQL until the block ends, in a folder of its own that goes with it.

    `durable`: a commit is on the disk when it is answered, as it is by default in production; the
    folder is made in `place` (default: where others are temporary, which may be memory too). Else
    all is in memory, where there is room.
    """
    programs = _programs()
    # Not in a test's folder: that may be closed to the user as whom the server runs.
    where = place if durable else memory(ROOM)
    folder = Path(tempfile.mkdtemp(prefix="bridgekit-postgres-", dir=where))
    folder.chmod(0o777)  # the cluster inside is its owner's alone
    try:
        data = folder / "data"
        initdb = [str(programs / "initdb"), "-D", str(data), "-U", USER, "-A", "trust"]
        cluster = [*initdb, "-E", "UTF8", "--locale=C", "--no-sync"]
        _run(as_child(cluster, unprivileged=True), "")
        port = port or free_port()
        settings = _SETTINGS | (_DURABLE if durable else {})
        # The path of a socket may be no longer than 107 bytes: none where the caller names a place.
        socket = "" if place else str(folder)
        settings |= {"port": str(port), "unix_socket_directories": socket}
        command = [str(programs / "postgres"), "-D", str(data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        process = Process(
            "postgres", command, folder, lambda: _answers(programs, port), unprivileged=True
        )
        process.start()
        server = Postgres(process, programs, port, folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """The folder of initdb, postgres and psql; of several versions the newest."""
    versions = [folder for folder in _PROGRAMS.glob("*/bin") if (folder / "initdb").exists()]
    if versions:
        return max(versions, key=lambda folder: int(folder.parent.name))
    found = shutil.which("initdb")
    if found is None:
        raise ServerMissing(
            "There is no PostgreSQL here: install the package postgresql (`make servers`)."
        )
    return Path(found).resolve().parent


def _answers(programs: Path, port: int) -> bool:
    asked = [str(programs / "pg_isready"), "-q", "-h", HOST, "-p", str(port)]
    return subprocess.run(asked, check=False).returncode == 0  # noqa: S603  ours


def _run(command: Sequence[str], typed: str) -> str:
    ended = subprocess.run(  # noqa: S603  the command is ours
        command, input=typed, capture_output=True, text=True, check=False, cwd="/"
    )
    if ended.returncode:
        raise ServerFailed(f"{Path(command[0]).name} failed: {ended.stderr.strip()}")
    return ended.stdout.strip()
