"""`bridgekit doctor` where a folder may not be entered, and what it does not ask when offline."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from bridgekit.cli.options import load
from bridgekit.testing.homeserver import FakeHomeserver
from tests.core.cli.conftest import Doctor, Fill, Rows, Run, registration, replace
from tests.core.cli.seen import found, rewrite
from tests.core.cli.test_bad_files import as_nobody


@pytest.mark.skipif(os.getuid() != 0, reason="another user's rights need a root to set them")
@pytest.mark.parametrize("where", ["shut/bridgekit.db", "shut/inside/bridgekit.db"])
def test_a_database_in_a_folder_that_may_not_be_entered_is_said(
    bridgekit: Run, connected: Path, tmp_path: Path, where: str
) -> None:
    """And no other check fails of it."""
    (tmp_path / "shut" / "inside").mkdir(parents=True)
    (tmp_path / "shut").chmod(0o700)
    replace(connected, "sqlite:///bridgekit.db", f"sqlite:///{where}")
    for file in (connected, connected.with_name("registration.yaml")):
        file.chmod(0o644)
    with as_nobody(tmp_path):
        result = bridgekit("doctor", "--offline", "-c", connected, "--json")
    findings = {one["id"]: one for one in json.loads(result.stdout)["findings"]}
    assert "check-failed" not in findings
    assert findings["not-writable"]["fix"].endswith(str((tmp_path / where).parent))


@pytest.mark.skipif(os.getuid() != 0, reason="another user's rights need a root to set them")
@pytest.mark.parametrize(
    "words", [("backup", "copy.db"), ("restore", "shut/copy.db"), ("queue",), ("trace", "x")]
)
def test_a_database_where_one_may_not_look_is_a_sentence(
    bridgekit: Run,
    connected: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shut").mkdir(mode=0o700)
    replace(connected, "sqlite:///bridgekit.db", "sqlite:///shut/bridgekit.db")
    connected.chmod(0o644)
    with as_nobody(tmp_path):
        result = bridgekit(*words, "-c", connected)
    assert result.exit_code == 5, result.output
    assert "shut/" in result.stderr


async def test_offline_the_homeserver_is_not_asked_of_an_empty_database_either(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path, fill: Fill
) -> None:
    async def nothing(_rows: Rows) -> None: ...

    homeserver.load_registration(registration(connected))
    await homeserver.person("bridgebot").create_room()
    await asyncio.to_thread(fill, nothing)
    before = len(homeserver.requests)
    assert "db-left-behind" not in await found(doctor, "--offline")
    assert len(homeserver.requests) == before
    assert "db-left-behind" in await found(doctor)


@pytest.mark.parametrize(
    ("url", "listen", "said"),
    [
        ("http://bridge:29300", "127.0.0.1:29300", True),
        ("http://bridge:29300", "0.0.0.0:29300", False),
        ("http://bridge:8080", "127.0.0.1:29300", False),  # a proxy's
        ("https://bridge.example.org", "127.0.0.1:29300", False),
    ],
)
async def test_a_bridge_that_only_its_own_machine_reaches_is_said(
    doctor: Doctor, connected: Path, url: str, listen: str, *, said: bool
) -> None:
    own = registration(connected)["url"]

    def moved(text: str) -> str:
        text = text.replace(f"{own}\n", f"{url}\n").replace(f'"{own}"', url)
        lines = [f"  listen: {listen}" if "  listen:" in one else one for one in text.splitlines()]
        return "\n".join(lines)

    rewrite(connected, moved)
    assert load(connected).appservice.url == url
    seen = await found(doctor, "--offline")
    assert ("listen-loopback" in seen) is said
    if said:
        assert "0.0.0.0" in seen["listen-loopback"]["fix"]
