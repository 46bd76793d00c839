"""What the README tells people to type is run here, as they would type it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BRIDGEKIT = Path(sys.executable).with_name("bridgekit")


def commands() -> list[str]:
    """Every line of every shell block, in order."""
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines()]


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_the_readme_names_just_the_commands_that_are_tested_here():
    assert commands() == [
        "make demo",
        "make test",
        "make install",
        ".venv/bin/bridgekit init",
        ".venv/bin/bridgekit registration print -c config.yaml",
        ".venv/bin/bridgekit run -c config.yaml",
    ]


@pytest.mark.parametrize("target", ["demo", "test", "install", "check", "bench"])
def test_make_knows_the_target(target):
    done = run("make", "--dry-run", target, folder=ROOT)
    assert done.returncode == 0, done.stderr


def test_init_registration_and_doctor_work_in_an_empty_folder(tmp_path):
    answers = ["--homeserver", "http://127.0.0.1:1", "--domain", "example.org", "--yes"]
    network = ["--network", "libera=irc", "--set", "networks.libera.host=irc.example.org"]
    done = run(BRIDGEKIT, "init", *answers, *network, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    printed = run(BRIDGEKIT, "registration", "print", "-c", "config.yaml", folder=tmp_path)
    assert printed.returncode == 0, printed.stderr
    assert (tmp_path / "registration.yaml").read_text(encoding="utf-8").strip() in printed.stdout
    doctor = run(BRIDGEKIT, "doctor", "-c", "config.yaml", folder=tmp_path)
    assert doctor.returncode == 4, doctor.stdout
    assert "homeserver" in doctor.stdout


def test_the_linked_files_exist():
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).exists(), link


@pytest.mark.synapse
@pytest.mark.ngircd
def test_make_demo_ends_well(monkeypatch):
    monkeypatch.setenv("COLUMNS", "140")  # the columns are narrow: no line below shall be folded
    if shutil.which("make") is None:
        pytest.skip("There is no make here: install the package make.")
    done = run("make", "demo", "ONCE=1", folder=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Both sides saw every line once, in order" in done.stdout
    for shown in (
        "alice  [now reads] The roses are in bloom.",
        "alice  * The roses are in bloom.",
        "alice  rosa: Red. Wait, I will show you.",
        "alice  * reacted with 🌹 to rosa:",
        "alice  * sent an image: roses.png",
        "it is the picture, byte for byte",
        "alice  deletes: [picture] roses.png",
        "alice  * deleted the message",
        "rosa opens the link again: gone (410)",
        "rosa  sets the topic: Roses and tomatoes",
        "rosa  puts snail out: not my lettuce",
        "bridge  gives power levels: alice 50",
        "alice  sets the topic: Roses only",
        "alice  puts snail out: nor mine",
    ):
        assert shown in done.stdout


@pytest.mark.synapse
def test_a_demo_that_is_ended_by_sigterm_leaves_nothing(tmp_path):
    # As a shell starts its background: deaf to Ctrl-C, which must not make it deaf to SIGTERM.
    command = ["sh", "-c", f"trap '' INT; exec {shlex.quote(sys.executable)} -m demo"]
    places = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=ROOT, env=places, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        try:
            assert any(line.startswith("Synapse at") for line in process.stdout)
            assert list(tmp_path.glob("bridgekit-demo-*"))
            process.send_signal(signal.SIGTERM)
            rest = process.stdout.read()
        finally:
            process.terminate()
    assert "nothing is left running" in rest
    assert list(tmp_path.iterdir()) == []
