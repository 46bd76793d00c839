"""A real ngIRCd on loopback: plain RFC IRC, no limits, nothing kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bridgekit.testing.servers.ports import free_port
from bridgekit.testing.servers.process import HOST, Process, ServerMissing, listens

# Unlimited wherever 0 means that: a bridge opens many connections from one address. The user is
# what `child.py` maps; a name that the user namespace does not know would be fatal.
_CONFIG = """\
[Global]
    Name = irc.test.local
    Info = test server
    AdminInfo1 = test
    Listen = {host}
    Ports = {port}
    ServerUID = 1000
    ServerGID = 1000
    MotdPhrase = test
    Network = TestNet
[Limits]
    MaxConnections = 0
    MaxConnectionsIP = 0
    MaxJoins = 0
    MaxNickLength = 30
    MaxPenaltyTime = 0
    PingTimeout = 120
    PongTimeout = 60
[Options]
    IncludeDir =
    ChrootDir =
    DNS = no
    Ident = no
    PAM = no
    OperCanUseMode = yes
[Operator]
    Name = {oper}
    Password = {oper_password}
"""


@dataclass(frozen=True, slots=True)
class Ngircd:
    """A running ngIRCd. `process` stops, kills and restarts it."""

    process: Process
    port: int
    host: str = HOST
    oper: str = "oper"
    oper_password: str = "operpass"  # noqa: S105  a throw-away server's

    def kill(self) -> None:
        self.process.kill()

    def restart(self) -> None:
        self.process.restart()


@contextmanager
def ngircd(workdir: Path, port: int = 0) -> Iterator[Ngircd]:
    """Run ngIRCd in `workdir` (made if need be) until the block ends."""
    program = shutil.which("ngircd") or shutil.which("ngircd", path="/usr/sbin")
    if program is None:
        raise ServerMissing("There is no ngIRCd here: install the package ngircd (`make servers`).")
    workdir.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    config = workdir / "ngircd.conf"
    command = (program, "--nodaemon", "--config", str(config))
    process = Process("ngircd", command, workdir, lambda: listens(port), unprivileged=True)
    server = Ngircd(process, port)
    config.write_text(
        _CONFIG.format(host=HOST, port=port, oper=server.oper, oper_password=server.oper_password),
        encoding="utf-8",
    )
    process.start()
    try:
        yield server
    finally:
        process.stop()
