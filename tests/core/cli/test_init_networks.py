"""What `bridgekit init` says of a network is said in that network's own manner, not in IRC's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.cli.conftest import Run

GIVEN = ("--yes", "--domain", "example.org")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


MAIL = """
from bridgekit import Adapter, Chat, ChatID, Manifest, SupportsNames
from pydantic import BaseModel

class Settings(BaseModel):
    pass

class Mail(Adapter[Settings], SupportsNames):
    manifest = Manifest("mail", "Mail", Settings)

    def connect(self, login): ...

    def chat_named(self, name):
        return None if name.startswith(("#", "@")) else Chat(ChatID(name))

    def user_named(self, name): ...

    def private_chat(self, user): ...
"""


def test_a_chat_without_a_sign_is_not_told_to_have_one(
    bridgekit: Run, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site / "sample_mail.py").write_text(MAIL)
    (points,) = site.rglob("entry_points.txt")
    points.write_text("[bridgekit.adapters]\nmail = sample_mail:Mail\n")
    monkeypatch.setattr("bridgekit.cli.init.at_a_terminal", lambda: True)
    given = ["--domain", "example.org", "--homeserver", "http://h", "--url", "http://b:1"]
    options = ["--listen", "127.0.0.1:1", "--network", "mail=mail", "--admin", "@me:example.org"]
    result = bridgekit("init", *given, *options, typed="@me:example.org\nlist@example.org\n")
    assert result.exit_code == 0, result.output
    said = "  @me:example.org is no chat that Mail can have; write it as its network does."
    assert said in result.stdout


def test_the_written_config_explains_itself_by_no_network_in_particular(bridgekit: Run) -> None:
    bridgekit("init", *GIVEN, "--network", "tower=pager", "--set", "networks.tower.host=high")
    text = Path("config.yaml").read_text()
    assert [word for word in ("libera", "#python", "IRC", "bridges/") if word in text] == []
