"""A real Gammu SMSD whose phone is a folder: what it receives are files that are put there.

Gammu calls that its dummy driver (docs.gammu.org, "Dummy Driver"); its own tests use it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bridgekit.testing.servers.process import Process, ServerMissing

_CONFIG = """\
[gammu]
model = dummy
connection = none
port = {folder}/phone
gammuloc = /dev/null

[smsd]
service = files
debuglevel = 255
logfile = stderr
commtimeout = 1
receivefrequency = 1
statusfrequency = 0
checksecurity = 0
multiparttimeout = 5
runonreceive = {received}
inboxpath = {spool}/inbox/
outboxpath = {spool}/outbox/
sentsmspath = {spool}/sent/
errorsmspath = {spool}/error/
"""


@dataclass(frozen=True, slots=True)
class Gammu:
    """A running SMSD; `spool` is what it shares with others."""

    process: Process
    """Its log has each text that it sends."""
    spool: Path
    phone: Path

    def text(self, name: int, sender: str, parts: Sequence[str]) -> None:
        """Somebody texts this, in so many parts; `name` is its own number."""
        for at, words in enumerate(parts):
            lines = ["[SMSBackup000]", 'SMSC = "1234"', "State = UnRead", f'Number = "{sender}"']
            lines += ["Coding = Unicode", "Folder = 1", "Sent = 20300101T120000"]
            if len(parts) > 1:
                lines.append(f"UDH = 050003{name:02X}{len(parts):02X}{at + 1:02X}")
            lines.append(f"Text00 = {words.encode('utf-16-be').hex().upper()}")
            place = self.phone / "sms" / "1"
            new = place / f".{name}-{at}"
            new.write_text("\n".join(lines) + "\n", encoding="utf-8")
            new.rename(place / f"{name * 10 + at}")


@contextmanager
def gammu(workdir: Path, received: str) -> Iterator[Gammu]:
    """Run it in `workdir` until the block ends; it runs the command `received` for each text."""
    program = shutil.which("gammu-smsd", path="/usr/sbin:/usr/bin")
    if program is None:
        raise ServerMissing("There is no Gammu SMSD here: install gammu-smsd (`make servers`).")
    spool, phone = workdir / "spool", workdir / "phone"
    for folder in ("inbox", "outbox", "sent", "error", "received"):
        (spool / folder).mkdir(parents=True)
    for number in range(1, 6):
        (phone / "sms" / str(number)).mkdir(parents=True)
    config = workdir / "smsdrc"
    text = _CONFIG.format(folder=workdir, spool=spool, received=received)
    config.write_text(text, encoding="utf-8")
    log = workdir / "gammu-smsd.log"

    def ready() -> bool:
        return log.exists() and b"Starting phone communication" in log.read_bytes()

    environment = {**os.environ, "LC_ALL": "C.UTF-8"}  # its log has what it sends
    process = Process(
        "gammu-smsd", (program, "-c", str(config)), workdir, ready, environment=environment
    )
    process.start()
    try:
        yield Gammu(process, spool, phone)
    finally:
        process.stop()
