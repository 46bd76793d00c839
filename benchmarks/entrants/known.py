"""The entrants by their names: ours, and peers that the command line names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.child import ROOT
from benchmarks.entrants.bridge import CLI, BridgeKit
from benchmarks.entrants.databases import Files, OnServer
from benchmarks.entrants.heisenbridge import Heisenbridge
from benchmarks.entrants.setting import Entrant, Program, module
from bridgekit.testing.servers import ServerFailed, ServerMissing, postgres

CEILING, DURABLE_CEILING, ECHO = "ceiling", "ceiling-durable", "mautrix-echo"
HEISENBRIDGE, BRIDGE = "heisenbridge", "bridge"
ON_POSTGRESQL, ON_UVLOOP = "bridge-postgresql", "bridge-uvloop"
DEFAULT = (CEILING, DURABLE_CEILING, ECHO, HEISENBRIDGE, BRIDGE, ON_POSTGRESQL)
NAMES = (*DEFAULT, ON_UVLOOP)
OURS = (BRIDGE, ON_POSTGRESQL, ON_UVLOOP)
INSTALLED = ROOT / ".bench" / "heisenbridge" / "bin" / "python"


class MissingError(Exception):
    """What an entrant needs is not here."""


@contextmanager
def entrants(
    names: Sequence[str], folder: Path, heisenbridge: str, peers: Sequence[str]
) -> Iterator[tuple[list[Entrant], list[str]]]:
    """Those of `names`, and each of `peers`, written NAME=PATH; and why others are left out.

    Without names it is those of `DEFAULT` that are here; who is named must be. `folder` is for what
    is seeded and for databases.
    """
    files, left_out = Files(folder), []
    with ExitStack() as stack:
        found: list[Entrant] = []
        for name in names or DEFAULT:
            try:
                found.append(_entrant(name, files, heisenbridge, stack))
            except MissingError as error:
                if names or heisenbridge:
                    raise
                left_out.append(f"{name} is left out: {error}")
        yield [*found, *(_peer(written) for written in peers)], left_out


def _entrant(name: str, files: Files, heisenbridge: str, stack: ExitStack) -> Entrant:
    ceiling, uvloop = "benchmarks.programs.ceiling", "benchmarks.programs.with_uvloop"
    if name == CEILING:
        return Program(name, module(ceiling))
    if name == DURABLE_CEILING:
        return Program(name, module(ceiling), journal=True)
    if name == ECHO:
        return Program(name, module("benchmarks.programs.echo"))
    if name == HEISENBRIDGE:
        return Heisenbridge(_python(heisenbridge), name)
    if name == ON_POSTGRESQL:
        try:
            server = stack.enter_context(postgres(durable=True, place=files.folder))
        except (ServerMissing, ServerFailed) as error:
            raise MissingError(f"{error} Or leave {name!r} out with --entrants.") from error
        return BridgeKit(name, OnServer(server))
    return BridgeKit(name, files, uvloop if name == ON_UVLOOP else CLI)


def _python(heisenbridge: str) -> str:
    python = Path(heisenbridge) if heisenbridge else INSTALLED
    if not python.exists():
        raise MissingError(
            f"There is no heisenbridge: {python} is missing. `make bench` installs it; or name an"
            " interpreter that has it with --heisenbridge, or leave it out with --entrants."
        )
    return str(python)


def _peer(written: str) -> Program:
    """It takes part in all that is not the bridge's alone, but for Synapse: see `plan.py`."""
    name, separator, path = written.partition("=")
    if not separator or not Path(path).is_file():
        raise MissingError(f"{written!r} is no peer: write --peer NAME=PATH-OF-ITS-LAUNCHER")
    return Program(name, (str(Path(path).resolve()),), recovers=True)
