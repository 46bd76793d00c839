"""A real clamd with one signature: EICAR's test file, wherever in a content it is."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bridgekit.cli.doctor.content_scan import EICAR
from bridgekit.testing.servers.ports import free_port
from bridgekit.testing.servers.process import HOST, Process, ServerMissing, listens

NAME = "Eicar-Test-Signature.UNOFFICIAL"  # as it calls what is not from ClamAV's own databases
STREAM_MAX = 2 << 20  # bytes
_CONFIG = """\
LocalSocket {folder}/clamd.ctl
TCPSocket {port}
TCPAddr {host}
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}
StreamMaxLength {most}
Foreground yes
"""


@dataclass(frozen=True, slots=True)
class Clamd:
    """A running one, and both its addresses as the configuration has them."""

    process: Process
    unix: str
    tcp: str


@contextmanager
def clamd(folder: Path) -> Iterator[Clamd]:
    """Run one until the block ends; raises `ServerMissing`."""
    path = os.environ.get("PATH", "") + ":/usr/sbin"
    program = shutil.which("clamd", path=path)
    if program is None:
        raise ServerMissing("This needs clamd (Debian: apt install clamav-daemon).")
    signatures, config, port = folder / "signatures", folder / "clamd.conf", free_port()
    signatures.mkdir()
    # Name, any kind of file, anywhere in it, these bytes (docs.clamav.net, "Extended signatures").
    (signatures / "eicar.ndb").write_text(f"{NAME.partition('.')[0]}:0:*:{EICAR.hex()}\n")
    config.write_text(_CONFIG.format(folder=folder, port=port, host=HOST, most=STREAM_MAX))
    command = (program, f"--config-file={config}")
    process = Process("clamd", command, folder, lambda: listens(port) and _opens(folder))
    process.start()
    try:
        yield Clamd(process, f"unix:{folder}/clamd.ctl", f"{HOST}:{port}")
    finally:
        process.stop()


def _opens(folder: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(f"{folder}/clamd.ctl") == 0
