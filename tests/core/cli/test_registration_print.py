"""`bridgekit registration print`: the file for the homeserver, and what to do with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.cli.conftest import Run, replace
from tests.core.cli.test_init import HOST, OPTIONS


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def test_registration_prints_what_init_wrote(bridgekit: Run) -> None:
    bridgekit("init", *OPTIONS, *HOST)
    result = bridgekit("registration")
    assert result.exit_code == 0
    assert result.stdout == Path("registration.yaml").read_text()
    assert bridgekit("registration", "print").stdout == result.stdout


def test_registration_writes_a_private_file_and_never_overwrites(bridgekit: Run) -> None:
    bridgekit("init", *OPTIONS, *HOST)
    assert bridgekit("registration", "--output", "new.yaml").exit_code == 0
    assert Path("new.yaml").stat().st_mode & 0o777 == 0o600
    Path("new.yaml").write_text("mine")
    result = bridgekit("registration", "--output", "new.yaml")
    assert result.exit_code == 2
    assert "new.yaml exists already" in result.stderr
    assert Path("new.yaml").read_text() == "mine"


def test_registration_of_a_faulty_config_says_every_fault(bridgekit: Run) -> None:
    bridgekit("init", *OPTIONS, *HOST)
    replace(Path("config.yaml"), "bot: bridgebot", "bott: bridgebot")
    replace(Path("config.yaml"), "host: high", "hst: high")
    result = bridgekit("registration")
    assert result.exit_code == 3
    assert "appservice.bott: is no known key; did you mean bot?" in result.stderr
    assert "networks.tower.host: is missing" in result.stderr
    assert result.stdout == ""


def test_the_steps_for_each_kind_of_homeserver_go_to_standard_error(bridgekit: Run) -> None:
    bridgekit("init", *OPTIONS, *HOST)
    steps = bridgekit("registration", "print").stderr
    for words in (
        "app_service_config_files:",
        "app_service_api:",
        "@conduit:example.org: register-appservice",
        "!admin appservices register",
        "/etc/matrix-synapse/appservices/bridgekit.yaml",
    ):
        assert words in steps
    only = bridgekit("registration", "print", "--for", "dendrite").stderr
    assert "app_service_api:" in only
    assert "app_service_config_files" not in only


def test_files_of_other_bridges_are_checked_without_a_configuration(
    bridgekit: Run, tmp_path: Path
) -> None:
    bridgekit("init", *OPTIONS, *HOST)
    other = tmp_path / "other.yaml"
    other.write_text(Path("registration.yaml").read_text())
    other.chmod(0o600)
    assert bridgekit("registration", "check", "registration.yaml").exit_code == 0
    result = bridgekit("registration", "check", "registration.yaml", other, "--json")
    assert result.exit_code == 4
    for id_ in ("id-reused", "token-reused", "sender-clash", "exclusive-overlap"):
        assert f'"{id_}"' in result.stdout
    assert bridgekit("registration", "check").exit_code == 2
    assert "reg-unusable" in bridgekit("registration", "check", "none.yaml").stdout
