"""A scanner as a command, in a folder by which a test tells it how to behave.

It finds "evil"; while there is a file `down` it fails, while there is `slow` it takes its time.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bridgekit.configuration.scan_settings import ScanSettings
from bridgekit.testing.clock import settle

_CODE = """
import pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
content = sys.stdin.buffer.read()
(folder / "began").touch()
while (folder / "slow").exists():
    time.sleep(0.02)
if (folder / "down").exists():
    sys.exit(2)
if b"evil" in content:
    print("Evil")
    sys.exit(1)
"""


class Judge:
    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder

    def settings(self, **other: object) -> ScanSettings:
        command = (sys.executable, "-I", "-S", "-c", _CODE, str(self._folder))
        return ScanSettings.model_validate({"command": command, **other})

    def be(self, how: str) -> None:
        (self._folder / how).touch()

    def no_more(self, how: str) -> None:
        (self._folder / how).unlink()

    async def at_work(self) -> None:
        """Return once it has read something."""
        while not (self._folder / "began").exists():
            await settle()
