"""A real ngIRCd on loopback: plain RFC IRC, no limits, nothing kept; alone or beside another."""

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
    Name = {name}
    Info = test server
    AdminInfo1 = test
    Listen = {host}
    Ports = {port}
    ServerUID = 1000
    ServerGID = 1000
    MotdPhrase = test
    Network = TestNet
[Limits]
    ConnectRetry = {retry}
    MaxConnections = 0
    MaxConnectionsIP = 0
    MaxJoins = 0
    MaxNickLength = {nick_length}
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
_BESIDE = """\
[Server]
    Name = {beside}
    Host = {host}
    MyPassword = linkpass
    PeerPassword = linkpass
"""
_TLS = """\
[SSL]
    CertFile = {certificate}
    KeyFile = {certificate}
    Ports = {port}
"""


@dataclass(frozen=True, slots=True)
class Ngircd:
    """A running ngIRCd. `process` stops, kills and restarts it."""

    process: Process
    port: int
    host: str = HOST
    oper: str = "oper"
    oper_password: str = "operpass"  # noqa: S105  a throw-away server's
    tls_port: int = 0

    def kill(self) -> None:
        self.process.kill()

    def restart(self) -> None:
        self.process.restart()


@contextmanager
def ngircd(
    workdir: Path,
    port: int = 0,
    *,
    name: str = "irc.test.local",
    beside: str = "",
    certificate: Path | None = None,
    nick_length: int = 30,
    retry: int = 5,
) -> Iterator[Ngircd]:
    """Run ngIRCd in `workdir` (made if need be) until the block ends.

    `beside` is the name of a server that an operator may have it CONNECT to; with a `certificate`
    (and its key) it has a port for TLS. `retry`: seconds until it links again, by itself, what it
    was linked to.
    """
    program = shutil.which("ngircd") or shutil.which("ngircd", path="/usr/sbin")
    if program is None:
        raise ServerMissing("There is no ngIRCd here: install the package ngircd (`make servers`).")
    workdir.mkdir(parents=True, exist_ok=True)
    port, tls_port = port or free_port(), free_port()
    config = workdir / "ngircd.conf"
    command = (program, "--nodaemon", "--config", str(config))
    process = Process("ngircd", command, workdir, lambda: listens(port), unprivileged=True)
    server = Ngircd(process, port, tls_port=tls_port)
    text = _written(server, name, nick_length, retry)
    text += _BESIDE.format(beside=beside, host=HOST) if beside else ""
    if certificate is not None:
        copy = workdir / "certificate.pem"
        copy.write_bytes(certificate.read_bytes())
        text += _TLS.format(certificate=copy, port=tls_port)
    config.write_text(text, encoding="utf-8")
    process.start()
    try:
        yield server
    finally:
        process.stop()


def _written(server: Ngircd, name: str, nick_length: int, retry: int) -> str:
    """Its configuration, as far as every server has it."""
    about = {"host": HOST, "port": server.port, "name": name, "nick_length": nick_length}
    oper = {"oper": server.oper, "oper_password": server.oper_password}
    return _CONFIG.format(**about, **oper, retry=retry)
