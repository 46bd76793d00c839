"""A real Synapse on loopback: no federation, no rate limits, cheap accounts, SQLite."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from bridgekit.testing.servers.accounts import Account, Accounts, healthy
from bridgekit.testing.servers.in_memory import in_memory
from bridgekit.testing.servers.ports import free_port
from bridgekit.testing.servers.process import HOST, Process, ServerMissing
from bridgekit.testing.servers.synapse_config import write_config

_VARIABLE = "BRIDGEKIT_SYNAPSE_PYTHON"


@dataclass(frozen=True, slots=True)
class Synapse:
    """A running Synapse. `process` stops, kills and restarts it; `users` are those asked for."""

    process: Process
    url: str
    domain: str
    accounts: Accounts
    users: dict[str, Account] = field(default_factory=dict)

    def kill(self) -> None:
        self.process.kill()

    def restart(self) -> None:
        self.process.restart()


@contextmanager
def synapse(
    workdir: Path,
    registrations: Sequence[Path] = (),
    *,
    python: Path | None = None,
    users: Sequence[str] = (),
    domain: str = "localhost",
    port: int = 0,
    durable: bool = False,
) -> Iterator[Synapse]:
    """Run Synapse in `workdir` (made if need be) until the block ends.

    A second run in the same folder finds the data of the first. `registrations` are application
    services' files; `python` is an interpreter that has matrix-synapse (default: see
    `synapse_python`). `durable`: its database stays in `workdir` and waits for the disk there, as
    in production; else it is in memory, where there is room.
    """
    program = python or synapse_python()
    workdir.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    url = f"http://{HOST}:{port}"
    config = write_config(workdir, port=port, domain=domain, registrations=registrations)
    process = Process(
        "synapse",
        (str(program), "-m", "synapse.app.homeserver", "-c", str(config.path)),
        workdir,
        lambda: healthy(url),
        # Without compiled files every start would take seconds longer.
        environment={k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
    )
    with nullcontext() if durable else in_memory(config.database):
        process.start()
        try:
            accounts = Accounts(url, config.shared_secret)
            named = {name: accounts.get(name) for name in users}
            yield Synapse(process, url, domain, accounts, named)
        finally:
            process.stop()


def synapse_python() -> Path:
    """The interpreter that has Synapse: named, installed by `make servers`, or this one."""
    if named := os.environ.get(_VARIABLE):
        return Path(named)
    installed = Path.cwd() / ".servers" / "synapse" / "bin" / "python"
    if installed.exists():
        return installed
    if importlib.util.find_spec("synapse"):
        return Path(sys.executable)
    raise ServerMissing(
        "There is no Synapse here: run `make servers`, or name an interpreter that has "
        f"matrix-synapse in {_VARIABLE}."
    )
