"""A page, typed along: its commands run in order, its changes are made, its output compared."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.integration.missing import skip

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SHIMS = {
    "bridgekit": 'exec python -m bridgekit.cli "$@"',
    "pytest": 'exec python -m pytest "$@"',
    # What it would download is beside this environment; the project itself is really installed.
    "pip": 'exec uv pip install --quiet --offline --no-deps --editable "${3%%\\[*}"',
}


@dataclass(frozen=True, slots=True)
class Block:
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Printed:
    """By commands, of which one may have failed."""

    text: str
    failed: bool = False

    def is_shown_by(self, shown: str) -> bool:
        """Whether all of that was printed, and a failure only where the page shows its story."""
        tells_of_failure = any(line.startswith("E ") for line in shown.splitlines())
        return differs(shown, self.text) is None and self.failed == tells_of_failure


def blocks(page: Path) -> Iterator[Block]:
    for language, text in _BLOCK.findall(page.read_text("utf-8")):
        yield Block(language, text)


class Reader:
    """Somebody with an empty folder and an environment of their own; nothing is downloaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._bin = folder / "environment" / "bin"
        self._where = folder / "where"
        self._where.write_text(f"{folder}\n")
        self._make()

    def _make(self) -> None:
        uv = _uv()
        environment = self._bin.parent
        command = [uv, "venv", "--quiet", "--offline", "--python", sys.executable]
        subprocess.run([*command, str(environment)], check=True)
        packages = next((environment / "lib").glob("python*/site-packages"))
        beside = "\n".join([str(ROOT), sysconfig.get_path("purelib")])
        (packages / "beside.pth").write_text(beside)
        for name, text in _SHIMS.items():
            shim = self._bin / name
            shim.write_text(f"#!/bin/sh\n{text}\n")
            shim.chmod(0o755)
        if not (self._bin / "uv").exists():
            (self._bin / "uv").symlink_to(uv)

    @property
    def here(self) -> Path:
        return Path(self._where.read_text().strip())

    def types(self, commands: str) -> Printed:
        kept = ("HOME", "LANG", "UV_CACHE_DIR", "TMPDIR", "CI")
        environment = {name: os.environ[name] for name in kept if name in os.environ} | {
            "PATH": f"{self._bin}:{os.environ['PATH']}",
            "VIRTUAL_ENV": str(self._bin.parent),
            "PYTEST_PLUGINS": "bridgekit.testing.plugin",
            "COLUMNS": "100",
        }
        done = subprocess.run(
            ["bash", "-c", f"set -e; trap 'pwd > {self._where}' EXIT\n{commands}"],
            cwd=self.here,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode and "hatchling" in done.stdout:
            skip("uv has no hatchling at hand, and nothing is downloaded")
        return Printed(done.stdout, failed=done.returncode != 0)

    def changes(self, difference: str) -> None:
        """What a page shows as a change, made."""
        command = ["git", "apply", "--recount", "--unidiff-zero", "-"]
        done = subprocess.run(
            command, cwd=self.here, input=difference, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{done.stderr}{difference}"


def _uv() -> str:
    places = f"{Path(sys.executable).parent}:{ROOT / '.uv/bin'}"
    found = shutil.which("uv", path=places) or shutil.which("uv")
    if found is None:
        skip("there is no uv")
    return found


def differs(shown: str, printed: str) -> str | None:
    """The first line of what is shown that was not printed; … stands for anything.

    How wide a space is does not count: columns are as wide as what happens to be in them.
    """
    lines = iter([" ".join(line.split()) for line in printed.splitlines()])
    for line in shown.splitlines():
        if line.strip() == "…":
            continue
        pattern = re.compile(re.escape(" ".join(line.split())).replace("…", ".*"))
        if not any(pattern.fullmatch(one) for one in lines):
            return line
    return None
