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


def test_the_written_config_explains_itself_by_no_network_in_particular(bridgekit: Run) -> None:
    bridgekit("init", *GIVEN, "--network", "tower=pager", "--set", "networks.tower.host=high")
    text = Path("config.yaml").read_text()
    assert [word for word in ("libera", "#python", "IRC", "bridges/") if word in text] == []
