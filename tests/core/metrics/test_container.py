"""The container files, ours and the one that `init` writes, as a builder reads them."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser
from typer.testing import CliRunner

from bridgekit.cli.app import app
from bridgekit.cli.init.service_files import container

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "contrib" / "container" / "Containerfile"
KNOWN = (
    *("ARG", "CMD", "COMMENT", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK"),
    *("RUN", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
)


@pytest.fixture(params=["shipped", "written by init"])
def steps(request: pytest.FixtureRequest, tmp_path: Path) -> list[tuple[str, str]]:
    """The instructions of a file, in order."""
    if request.param == "shipped":
        text = SHIPPED.read_text()
    else:
        text = container(tmp_path / "config.yaml", tmp_path / "Containerfile", 29300)
    parsed = DockerfileParser(fileobj=BytesIO(text.encode()))
    return [(one["instruction"], one["value"]) for one in parsed.structure]


def last(steps: list[tuple[str, str]], instruction: str) -> str:
    return [value for name, value in steps if name == instruction][-1]


@pytest.mark.parametrize(
    ("uid", "run"),
    [
        (1000, "podman run -d --name bridgekit --userns=keep-id"),
        (0, "chown -R 10001 '{folder}' && podman run"),
    ],
)
def test_who_runs_in_it_may_read_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uid: int, run: str
) -> None:
    """Which only its owner may; without root podman maps numbers, unless it is told."""
    monkeypatch.setattr("os.getuid", lambda: uid)
    folder = tmp_path / "a b"
    text = container(folder / "config.yaml", folder / "Containerfile", 29300)
    assert f"#   {run.format(folder=folder)}" in text
    assert f"\nUSER {uid or 10001}\n" in text


def test_a_builder_knows_every_instruction(steps: list[tuple[str, str]]) -> None:
    assert {name for name, _ in steps} <= set(KNOWN)
    images = [value for name, value in steps if name == "FROM"]
    assert all(one.startswith("docker.io/library/python:") for one in images)


def test_what_it_runs_is_no_root_and_has_its_data_in_a_volume(steps: list[tuple[str, str]]) -> None:
    assert re.fullmatch(r"[1-9]\d*", last(steps, "USER"))
    assert last(steps, "VOLUME") == last(steps, "WORKDIR") == "/data"
    users = [place for place, (name, _) in enumerate(steps) if name == "USER"]
    runs = [place for place, (name, _) in enumerate(steps) if name == "RUN"]
    assert max(runs) < min(users), "what needs root comes before"


def test_the_command_that_it_starts_is_one_that_there_is(steps: list[tuple[str, str]]) -> None:
    whole: list[str] = json.loads(last(steps, "ENTRYPOINT")) + json.loads(last(steps, "CMD"))
    assert whole[0] == "bridgekit"
    words = whole[1:]
    done = CliRunner().invoke(app, [*words, "--help"])
    assert done.exit_code == 0, done.output
    assert words[:3] == ["run", "-c", "/data/config.yaml"]


def test_what_is_installed_is_what_the_package_offers(steps: list[tuple[str, str]]) -> None:
    (installs,) = [value for name, value in steps if name == "RUN" and "pip install" in value]
    (extra,) = re.findall(r"\[(\w+)\]'", installs)
    assert re.search(rf"^{extra} = \[", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
