"""What `bridgekit init` says of a network is said in that network's own manner, not in IRC's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridgekit.cli.options import load
from bridgekit.permissions.permissions import Rule
from bridgekit.permissions.rights import Level
from tests.core.cli.conftest import Run

GUIDE = Path(__file__).parents[3] / "docs" / "setup.md"
GIVEN = ("--yes", "--domain", "example.org")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def test_the_answers_in_the_guide_are_enough(bridgekit: Run) -> None:
    (snippet,) = re.findall(r"(?ms)^```yaml\n(.*?)^```", GUIDE.read_text())
    Path("answers.yaml").write_text(snippet.replace("/var/lib/bridgekit", str(Path.cwd())))
    result = bridgekit("init", "--answers", "answers.yaml")
    assert result.exit_code == 0, result.output
    config = load(Path("config.yaml"))
    assert config.operations.listen is not None
    assert config.permissions["@you:example.org"] == Rule(Level.ADMIN)
    assert list(config.networks) == ["libera"]


def test_the_written_config_explains_itself_by_no_network_in_particular(bridgekit: Run) -> None:
    bridgekit("init", *GIVEN, "--network", "tower=pager", "--set", "networks.tower.host=high")
    text = Path("config.yaml").read_text()
    assert [word for word in ("libera", "#python", "IRC", "bridges/") if word in text] == []
