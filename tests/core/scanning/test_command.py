"""A command as the scanner: what it gets, and what its ends mean."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridgekit.scanning.command import CommandScanner
from bridgekit.scanning.scanner import ScanFailed
from bridgekit.testing.clock import settle


def program(code: str, *arguments: str) -> CommandScanner:
    return CommandScanner((sys.executable, "-I", "-S", "-c", f"import os, sys\n{code}", *arguments))


async def pieces(*data: bytes) -> AsyncIterator[bytes]:
    for one in data:
        yield one


async def test_it_reads_the_content_and_nothing_else(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    one = program("open(sys.argv[1], 'wb').write(sys.stdin.buffer.read())", str(copy))
    assert await one.scan(pieces(b"one", b"", b"two" * 100_000)) is None
    assert copy.read_bytes() == b"one" + b"two" * 100_000


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("stdin: Eicar-Test-Signature FOUND", "Eicar-Test-Signature"),
        ("LibClamAV Warning: old\nstdin: Bad.Thing FOUND", "Bad.Thing"),
        ("\n a macro\nmore", "a macro"),
        ("", "something"),
        ("x" * 100_000, "x" * 100),
    ],
)
async def test_what_it_found_is_what_it_prints(printed: str, name: str) -> None:
    code = "sys.stdin.buffer.read(); sys.stdout.write(sys.argv[1]); sys.exit(1)"
    one = program(code, printed)
    assert await one.scan(pieces(b"x")) == name


@pytest.mark.parametrize("end", ["sys.exit(2)", "sys.exit(255)", "os.kill(os.getpid(), 9)"])
async def test_any_other_end_lets_nothing_through(end: str) -> None:
    with pytest.raises(ScanFailed):
        await program(end).scan(pieces(bytes(1 << 20)))


async def test_it_need_not_read_all_of_it() -> None:
    one = program("print('seen enough'); sys.exit(1)")
    assert await one.scan(pieces(*[bytes(1 << 20)] * 4)) == "seen enough"


async def test_one_that_is_not_there_is_named_by_why(tmp_path: Path) -> None:
    with pytest.raises(ScanFailed, match="FileNotFoundError"):
        await CommandScanner((str(tmp_path / "nothing"),)).answers()
    (tmp_path / "no-program").write_text("")
    with pytest.raises(ScanFailed, match="PermissionError"):
        await CommandScanner((str(tmp_path / "no-program"),)).answers()


async def test_no_shell_reads_its_words(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    one = program("sys.stdin.buffer.read()", f"; touch {mark}", "$(id)")
    assert await one.scan(pieces(b"x")) is None
    assert not mark.exists()


async def test_it_does_not_see_the_secrets_of_the_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIDGEKIT_APPSERVICE__AS_TOKEN", "secret")
    monkeypatch.setenv("ELSE", "seen")
    code = "sys.exit(any('BRIDGEKIT' in name for name in os.environ) or 'ELSE' not in os.environ)"
    assert await program(code).scan(pieces(b"x")) is None


async def test_one_that_takes_harmless_words_for_dangerous_does_not_work() -> None:
    with pytest.raises(ScanFailed):
        await program("sys.exit(1)").answers()
    assert await program("sys.stdin.buffer.read()").answers() == sys.executable


async def test_one_that_is_broken_off_ends_with_all_that_it_started(tmp_path: Path) -> None:
    code = (
        "import subprocess, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open(sys.argv[1] + '.new', 'w').write(f'{os.getpid()} {child.pid}')\n"
        "os.rename(sys.argv[1] + '.new', sys.argv[1])\n"
        "time.sleep(600)"
    )
    pids = tmp_path / "pids"
    task = asyncio.create_task(program(code, str(pids)).scan(pieces(b"x")))
    async with asyncio.timeout(30):
        while not pids.exists():
            await settle()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        for pid in pids.read_text().split():
            while _runs(int(pid)):
                await settle()


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
