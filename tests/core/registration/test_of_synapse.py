"""What Synapse's own configuration names: copies, files that may not be read, odd lists."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridgekit.adapter_supports import Finding
from bridgekit.configuration.config import Config
from bridgekit.configuration.registration import build
from bridgekit.registration import synapse_config
from bridgekit.registration.checking import all_of, check
from bridgekit.registration.reading import read
from bridgekit.registration.synapse_config import HomeserverConfig
from tests.core.cli.test_bad_files import as_nobody
from tests.core.registration.conftest import written

Areas = dict[str, list[Finding]]


@pytest.fixture
def ours(config: Config, tmp_path: Path) -> Path:
    return written(tmp_path / "registration.yaml", build(config).to_yaml())


@pytest.fixture
def synapse(tmp_path: Path) -> Callable[..., Path]:
    """Its configuration, which names these."""

    def names(*files: object, more: str = "") -> Path:
        path = tmp_path / "homeserver.yaml"
        lines = ["server_name: example.org", f"app_service_config_files: {[*map(str, files)]}"]
        path.write_text("\n".join([*lines, more]))
        return path

    return names


def found(areas: Areas) -> dict[str, str]:
    return {one.id: f"{one.text} {one.fix}" for several in areas.values() for one in several}


def test_what_the_printed_steps_install_is_the_file_that_was_named(
    ours: Path, synapse: Any, tmp_path: Path
) -> None:
    """Under the name that they give it, which is another one."""
    installed = tmp_path / "appservices" / "bridgekit.yaml"
    installed.parent.mkdir()
    shutil.copy(ours, installed)
    assert found(dict(check([ours], synapse(installed), None, None))) == {}
    installed.write_text(ours.read_text().replace("localhost:29300", "bridge:29300"))
    seen = found(dict(check([ours], synapse(installed), None, None)))
    assert set(seen) == {"stale-copy"}
    assert f"Install {ours} over {installed}" in seen["stale-copy"]


def test_another_bridges_file_of_the_same_name_is_no_copy(
    ours: Path, synapse: Any, tmp_path: Path
) -> None:
    other = tmp_path / "mautrix" / "registration.yaml"
    other.parent.mkdir()
    text = ours.read_text().replace("libera", "wa").replace("oftc", "signal")
    for old, new in (("29300", "29318"), ("7Qm2x", "8Rn3y"), ("5Jf0s", "6Kg1t")):
        text = text.replace(old, new)
    written(other, text.replace("bridgebot", "wabot").replace("_bridgekit_", "_mautrix_"))
    seen = found(dict(check([ours], synapse(other), None, None)))
    assert "stale-copy" not in seen
    assert f"\n  - {ours}" in seen["not-listed"]
    assert "id-reused" in seen, "two bridges of one id are no copies of each other"


@pytest.mark.skipif(os.getuid() != 0, reason="another user's rights need a root to set them")
@pytest.mark.parametrize("shut", ["file", "folder"])
def test_what_may_not_be_read_is_a_finding_and_not_called_missing(
    ours: Path, synapse: Any, tmp_path: Path, shut: str
) -> None:
    installed = tmp_path / "appservices" / "bridgekit.yaml"
    installed.parent.mkdir(mode=0o755 if shut == "file" else 0o700)
    written(installed, ours.read_text())
    config = synapse(installed)
    for one in (config, ours):
        one.chmod(0o644)
    with as_nobody(tmp_path):
        loaded = synapse_config.load(config)
        assert isinstance(loaded, HomeserverConfig)
        assert list(synapse_config.readable(loaded, "root")) == []
        (of_synapse,) = synapse_config.loads(loaded, ours)
        assert list(all_of([ours], loaded)) == [ours, installed]
        of_file = read(installed)
    assert of_synapse.id == "not-compared"
    assert f"names {installed}, which may be a copy of {ours}" in of_synapse.text
    assert "like root" in of_synapse.fix
    assert isinstance(of_file, Finding)
    assert "Permission denied" in of_file.text


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("app_service_config_files: [later.yaml]", "stands in lines 2 and 3, and Synapse takes"),
        ("", ""),
    ],
)
def test_a_list_that_stands_twice_is_said(ours: Path, synapse: Any, more: str, words: str) -> None:
    seen = found(dict(check([], synapse(ours, more=more), None, None)))
    assert ("list-unread" in seen) == bool(words)
    if words:
        assert words in seen["list-unread"]
        assert "Write it once" in seen["list-unread"]


@pytest.mark.parametrize("value", ["/etc/bridgekit.yaml", "{a: b}", "[1]"])
def test_what_is_no_list_of_files_is_said(synapse: Any, value: str) -> None:
    path = synapse()
    path.write_text(f"server_name: example.org\napp_service_config_files: {value}\n")
    assert "is no list of files" in found(dict(check([], path, None, None)))["list-unread"]
