"""What `bridgekit new-adapter` writes is sound, and runs once it is installed, as it stands."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bridgekit import Message, from_plain
from bridgekit.testing.contract import FakeNetwork
from bridgekit.testing.homeserver import FakeHomeserver
from bridgekit.testing.servers import free_port
from tests.core.cli.conftest import Run, registration
from tests.integration.missing import skip

ROOT = Path(__file__).parents[3]
SEEN = os.pathsep.join(path for path in sys.path if path)
pytestmark = [pytest.mark.timeout(300), pytest.mark.sqlite]


@pytest.fixture
def made(bridgekit: Run, tmp_path: Path) -> Path:
    folder = tmp_path / "made"
    assert bridgekit("new-adapter", "night-owl", "--folder", folder).exit_code == 0
    return folder


def run(command: list[str], folder: Path, typed: str = "", **environment: str) -> str:
    whole = {**os.environ, **environment}
    done = subprocess.run(
        command, cwd=folder, env=whole, input=typed, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
    return done.stdout


def test_its_workflow_passes(made: Path) -> None:
    workflow = YAML(typ="safe").load(made / ".github" / "workflows" / "test.yml")
    steps = [step["run"].split() for step in workflow["jobs"]["test"]["steps"] if "run" in step]
    assert steps[0][:4] == ["python", "-m", "pip", "install"]
    assert [step[0] for step in steps[1:]] == ["ruff", "ruff", "mypy", "pytest"]
    extra = {  # what is not installed here must be found all the same
        "mypy": ["--follow-imports", "silent"],
        "pytest": ["-p", "bridgekit.testing.plugin"],
    }
    source = str(made / "src")
    for program, *words in steps[1:]:
        command = [sys.executable, "-m", program, *words, *extra.get(program, [])]
        said = run(command, made, PYTHONPATH=f"{source}{os.pathsep}{SEEN}", MYPYPATH=str(ROOT))
    assert "FAILED" not in said
    assert " passed" in said


@pytest.mark.parametrize("name", ["x", "a-b-c-d-e-f-g-h-i-j-k-l", "w" * 24])
def test_it_is_formatted_whatever_its_name(bridgekit: Run, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "named"
    assert bridgekit("new-adapter", name, "--folder", folder).exit_code == 0
    for words in (["format", "--check"], ["check"]):
        run([sys.executable, "-m", "ruff", *words, "."], folder)


@pytest.fixture
def installed(made: Path, tmp_path: Path) -> str:
    """The Python of a fresh environment with it, beside what is here."""
    return fresh(tmp_path / "fresh", [made], [sysconfig.get_path("purelib"), str(ROOT)])


def fresh(folder: Path, distributions: list[Path], beside: list[str]) -> str:
    """The Python of an environment with wheels of these, and the folders `beside` on its path.

    Nothing is downloaded: where that would be needed, the test is skipped (in CI it fails).
    """
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{ROOT / '.uv/bin'}") or (
        shutil.which("uv")
    )
    if uv is None:
        skip("there is no uv")
    python = folder / "bin" / "python"
    run([uv, "venv", "--offline", "--python", sys.executable, str(folder)], folder.parent)
    packages = run([str(python), "-c", "import site; print(*site.getsitepackages())"], ROOT)
    (Path(packages.split()[0]) / "beside.pth").write_text("\n".join(beside))
    command = [uv, "pip", "install", "--offline", "--no-deps", "--python", str(python)]
    done = subprocess.run(
        [*command, *map(str, distributions)], capture_output=True, text=True, check=False
    )
    if done.returncode and "hatchling" in done.stderr:
        skip("uv has no hatchling at hand, and nothing is downloaded")
    assert done.returncode == 0, done.stderr
    return str(python)


def test_installed_it_is_rehearsed(installed: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [installed, "-m", "bridgekit.cli", "dev", "night-owl"],
        input="hello\n",
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "bridge: alice: hello" in done.stdout


@asynccontextmanager
async def fake(made: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeNetwork]:
    monkeypatch.syspath_prepend(made / "src")
    try:
        async with import_module("matrix_bridgekit_night_owl.fake").fake_night_owl() as network:
            yield network
    finally:
        for name in [name for name in sys.modules if name.startswith("matrix_bridgekit_night")]:
            del sys.modules[name]


async def begin(python: str, config: Path) -> asyncio.subprocess.Process:
    command = [python, "-m", "bridgekit.cli", "run", "-c", str(config)]
    return await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)


def configured(python: str, homeserver: FakeHomeserver, network: Any, made: Path) -> Path:
    """What `bridgekit init` of that environment writes, with the entry that the README says."""
    config = made.parent / "config.yaml"
    readme = (made / "README.md").read_text()
    (snippet,) = re.findall(r"^```yaml\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    said = YAML(typ="safe").load(snippet)["networks"]["night-owl"]
    settings = said | {"url": network.url, "token": network.settings.token.get_secret_value()}
    words = [f"networks.owls.{key}={json.dumps(value)}" for key, value in settings.items()]
    command = [
        *(python, "-m", "bridgekit.cli", "init", "--yes", "-c", str(config)),
        *("--domain", "example.org", "--homeserver", homeserver.url),
        *("--url", f"http://127.0.0.1:{free_port()}", "--network", "owls=night-owl"),
        *(word for setting in words for word in ("--set", setting)),
    ]
    run(command, made.parent, PYTHONPATH="")
    return config


async def test_installed_it_is_listed_and_bridges(
    installed: str,
    made: Path,
    homeserver: FakeHomeserver,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", "")
    listed = json.loads(run([installed, "-m", "bridgekit.cli", "adapters", "--json"], tmp_path))
    (record,) = [one for one in listed if one["name"] == "night-owl"]
    assert record["usable"]
    assert record["api"] == 1
    assert record["supports"] == ["SupportsOwnLogins", "SupportsDelete"]
    alice = homeserver.person("alice")
    async with fake(made, monkeypatch) as network:
        config = await asyncio.to_thread(configured, installed, homeserver, network, made)
        homeserver.load_registration(registration(config))
        await network.say("ada", Message(from_plain("good evening")))
        process = await begin(installed, config)
        try:
            room = await joined(alice, "#owls_lobby:example.org", process)
            await alice.wait_for(room, lambda one: one["content"].get("body") == "good evening")
        finally:
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0


async def joined(person: Any, alias: str, process: asyncio.subprocess.Process) -> str:
    """Join a room as soon as it is there."""
    while process.returncode is None:
        try:
            return str(await person.join(alias))
        except Exception:  # noqa: BLE001 (not there yet)
            continue
    raise AssertionError("the bridge has ended")
