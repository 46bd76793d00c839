"""What the README and the guides tell people to type works: every command, every piece of YAML."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.main import get_command
from typer.testing import CliRunner

from bridgekit.cli.app import app
from bridgekit.configuration.config import load
from bridgekit.configuration.plugins import adapters
from bridgekit.testing.servers import free_port

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "docs" / "commands.md",
    ROOT / "docs" / "operators.md",
    ROOT / "docs" / "puppets.md",
    ROOT / "docs" / "signing-in.md",
    ROOT / "bridges/irc/README.md",
]
AUTHORS = [ROOT / "docs" / "adapters.md", *sorted((ROOT / "docs" / "adapters").rglob("*.md"))]
GUIDES = sorted((ROOT / "docs").rglob("*.md"))
# Of an adapter that somebody writes.
NOT_OURS = {"client.py", "config.py", "convert.py", "fake.py", "tests/test_contract.py"}
COMMAND = re.compile(r"^\.venv/bin/bridgekit (.+)$", re.MULTILINE)
INLINE = re.compile(r"`(?:\.venv/bin/)?bridgekit ([^`]+)`")


def blocks(page: Path, language: str) -> list[str]:
    text = page.read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def typed(line: str, folder: Path) -> Any:
    """The command as it stands there, typed in `folder`."""
    words = [word.replace("config.yaml", str(folder / "config.yaml")) for word in shlex.split(line)]
    return CliRunner().invoke(app, words)


def test_what_the_readme_says_step_by_step_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`init` with what it would ask as options; then the README's own words, the last but `run`."""
    commands = COMMAND.findall("\n".join(blocks(ROOT / "README.md", "sh")))
    init, registration, run = commands
    config = tmp_path / "config.yaml"
    domain, port = "--domain example.org", free_port()
    options = f"-c config.yaml --yes {domain} --network libera=irc --set networks.libera.host=x"
    own = f"--homeserver http://127.0.0.1:{port} --url http://127.0.0.1:{free_port()}"
    assert typed(f"{init} {options} {own}", tmp_path).exit_code == 0
    (snippet,) = blocks(ROOT / "README.md", "yaml")
    written, _, _ = config.read_text().partition("\nnetworks:")
    config.write_text(f"{written}\n{snippet}")
    printed = typed(registration, tmp_path)
    assert printed.stdout == config.with_name("registration.yaml").read_text()
    (network,) = load(config, {}, adapters()).networks.values()
    assert [link.chat for link in network.links] == ["#python"]
    assert network.adapter_config.host == "irc.libera.chat"
    monkeypatch.setattr("bridgekit.cli.run._serve", _served)
    assert typed(run, tmp_path).exit_code == 0


async def _served(bridge: Any) -> None:
    assert list(bridge.config.networks) == ["libera"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_piece_of_configuration_can_be_used(page: Path, tmp_path: Path) -> None:
    """Each fills in what a whole configuration has besides."""
    found = blocks(page, "yaml")
    assert found
    for number, text in enumerate(found):
        whole = {
            "homeserver": {"url": "http://localhost:8008", "domain": "example.org"},
            "appservice": {
                "url": "http://localhost:29300",
                "as_token": "as-secret",
                "hs_token": "hs-secret",
            },
            "permissions": {"*": "relay"},
            **YAML(typ="safe").load(text),
        }
        for network in whole.setdefault("networks", {}).values():
            network.setdefault("adapter", "irc")
            network.setdefault("host", "irc.example.org")
        path = tmp_path / f"config{number}.yaml"
        with path.open("w") as file:
            YAML().dump(whole, file)
        load(path, {}, adapters())


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    if page.name.startswith("0006"):  # whose first column is the design's, and whose end is not yet
        text = "\n".join(line.split("|")[2] for line in text.splitlines() if line.startswith("| `"))
    named = set(re.findall(r"`([\w/]+\.py)`", text)) - NOT_OURS
    top = ROOT / "bridgekit"
    there = {name for name in named if (top / name).is_file() or (ROOT / name).is_file()}
    # Once a path is named, the bare name may stand for it.
    short = {Path(name).name for name in there}
    assert not named - there - short


@pytest.mark.parametrize("page", [*PAGES, *AUTHORS], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_and_option_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    for line in {*COMMAND.findall(text), *INLINE.findall(text)}:
        words = shlex.split(line)
        command: Any = get_command(app)
        while words and hasattr(command, "commands"):
            name = words.pop(0)
            if name.startswith("-"):
                break
            command = command.get_command(None, name)  # those of adapters, too
            assert command is not None, f"{page.name}: bridgekit {line}"
        known = {option for one in command.params for option in one.opts}
        named = {word for word in words if word.startswith("-")}
        assert named <= known | {"--help"}, f"{page.name}: bridgekit {line}"


def test_no_two_decisions_have_one_number() -> None:
    names = sorted(page.name for page in (ROOT / "docs" / "decisions").glob("0*.md"))
    numbers = [name[:4] for name in names]
    assert len(set(numbers)) == len(numbers) > 10, names
    for name in names:
        first = (ROOT / "docs" / "decisions" / name).read_text("utf-8").splitlines()[0]
        assert first.startswith(f"# {name[:4]}. "), f"{name} says {first!r}"
