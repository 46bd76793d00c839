"""`bridgekit setup`: a network set up at its provider, from a terminal."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridgekit.adapter import Field
from bridgekit.cli.setup import Terminal
from tests.core.cli.conftest import Run

BEACON = """
import signal
from contextlib import asynccontextmanager

from bridgekit import Adapter, ConfigError, Field, Finding, Manifest, Severity, SupportsSetup
from pydantic import BaseModel

class Settings(BaseModel):
    color: str = "red"

class Beacon(Adapter[Settings], SupportsSetup):
    manifest = Manifest("beacon", "Beacon", Settings)

    @asynccontextmanager
    async def connect(self, login):
        raise NotImplementedError
        yield

    async def setup(self, guide):
        # Whoever types Ctrl-C at a prompt means now: asyncio's own handler waits for the answer.
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        try:
            hook = self.host.mount(())
        except ConfigError:
            hook = "nowhere"
        await guide.show(f"call {hook}, come back to {guide.callback_url}, be {self.config.color}")
        answers = await guide.ask(
            Field("code", "The code", secret=True, pattern="[0-9]+"),
            Field("mode", "The mode", choices=("dim", "bright")),
            Field("note", "A note", optional=True),
        )
        good = answers["code"] == "42"
        finding = Finding(Severity.OK, "It shines.") if good else Finding(
            Severity.ERROR, f"It is dark; the note is {answers.get('note')}.", "Buy a lamp."
        )
        await guide.report(finding)
"""


@pytest.fixture
def beacon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed adapter that has something to set up."""
    folder = tmp_path / "site"
    info = folder / "beacon-1.dist-info"
    info.mkdir(parents=True)
    (folder / "beacon.py").write_text(BEACON)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: beacon\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[bridgekit.adapters]\nbeacon = beacon:Beacon\n")
    monkeypatch.syspath_prepend(str(folder))


@pytest.mark.usefixtures("beacon")
def test_a_network_is_set_up_before_there_is_a_configuration(
    bridgekit: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = bridgekit("setup", "beacon", typed="42\ndim\n\n")
    assert result.exit_code == 0
    assert "call nowhere, come back to None, be red" in result.stdout
    assert "It shines." in result.stdout
    assert "42" not in result.stdout


@pytest.mark.usefixtures("beacon")
def test_with_a_public_address_it_knows_where_it_is_called(
    bridgekit: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    url = "https://bridge.example.org"
    result = bridgekit("setup", "beacon", "--public-url", f"{url}/", typed="42\ndim\n\n")
    assert f"call {url}/_bridgekit/hooks/beacon, come back to {url}/" in result.stdout


@pytest.mark.usefixtures("beacon")
def test_a_wrong_answer_is_asked_again_and_a_finding_is_an_exit_code(
    bridgekit: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = bridgekit("setup", "beacon", typed="x\n41\ngreen\nbright\nhello\n")
    assert result.exit_code == 4
    assert "does not look like it" in result.stdout
    assert "must be one of dim, bright" in result.stdout
    assert "It is dark; the note is hello." in result.stdout
    assert "Buy a lamp." in result.stdout


@pytest.mark.parametrize("hidden", [True, False])
@pytest.mark.usefixtures("beacon")
def test_an_empty_answer_is_not_asked_again_without_a_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, hidden: bool
) -> None:
    typed = iter(["", "  ", "42"])
    monkeypatch.setattr("typer.prompt", lambda *_, default, **__: next(typed) or default)
    field = Field("number", "Its number", secret=hidden, pattern="[0-9]+")
    assert asyncio.run(Terminal(None).ask(field)) == {"number": "42"}
    said = capsys.readouterr().out
    assert said.count("An answer is needed") == 2
    assert ("is not shown" in said) is hidden


def test_what_cannot_be_set_up_is_said(
    bridgekit: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "needs nothing" in bridgekit("setup", "pager").stderr
    result = bridgekit("setup", "smoke-signals")
    assert result.exit_code == 4
    assert "bridgekit adapters" in result.stderr


@pytest.mark.usefixtures("beacon")
def test_where_nobody_can_answer_it_says_that_it_needs_a_terminal(
    bridgekit: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = bridgekit("setup", "beacon", typed="")
    assert result.exit_code == 2
    assert "start `bridgekit setup` at a terminal" in result.stderr
