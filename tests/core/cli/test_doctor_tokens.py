"""`bridgekit doctor` while tokens are being changed, and that it prints none, whoever said it."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.cli.options import load
from bridgekit.configuration.differences import secrets_of
from bridgekit.configuration.registration import build
from bridgekit.testing.homeserver import FakeHomeserver
from tests.core.cli.conftest import Doctor, Run, registration, replace
from tests.core.cli.seen import found, rewrite

NEXT = "the-next-one-of-the-two-0123456789abcdef"


def with_next(config: Path) -> None:
    """Step 1 of a rotation."""
    lines = f"  as_token_next: {NEXT}-as\n  hs_token_next: {NEXT}-hs\n"
    rewrite(config, lambda text: text.replace("appservice:\n", f"appservice:\n{lines}", 1))


async def test_between_the_steps_of_a_rotation_either_token_is_right(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path
) -> None:
    """Before and after the homeserver has the new ones, and nothing is left out."""
    homeserver.load_registration(registration(connected))
    with_next(connected)
    file = connected.with_name("registration.yaml")
    file.write_text(build(load(connected)).to_yaml())
    for _ in range(2):
        result = await doctor("--json")
        findings: list[dict[str, Any]] = json.loads(result.stdout)["findings"]
        assert {one["id"] for one in findings if one["id"]} == {"rotation-open"}
        assert any("It reaches the bridge at" in one["text"] for one in findings)
        homeserver.load_registration(build(load(connected)).fields())
    (one,) = [one for one in findings if one["id"] == "rotation-open"]
    assert one["fix"] == "`bridgekit registration rotate` says what is next."


async def test_where_there_is_no_file_nobody_says_what_is_in_it(
    bridgekit: Run, homeserver: FakeHomeserver, connected: Path
) -> None:
    """The homeserver does not know the bridge, and the registration is not there to be read."""
    connected.with_name("registration.yaml").unlink()
    words = ("registration", "compare", "-c", connected, "--json")
    findings = json.loads((await asyncio.to_thread(bridgekit, *words)).stdout)["findings"]
    assert {one["id"] for one in findings if one["id"]} == {"not-compared", "token-unknown"}
    assert homeserver.requests


async def test_what_an_adapter_says_of_its_failure_shows_no_secret(
    doctor: Doctor, connected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check(self: Any) -> AsyncIterator[Finding]:
        yield Finding(Severity.OK, "The tower is asked.")
        token = self.config.token.get_secret_value()
        raise RuntimeError(f"404 of https://tower/bot{token}/x")

    monkeypatch.setattr(sys.modules["sample_pager"].Pager, "check", check)
    replace(connected, "host: high", "host: high\n    token: 8125:correct-horse")
    one = (await found(doctor))["check-failed"]
    assert "404 of https://tower/bot…/x" in one["text"]


def test_every_secret_of_a_configuration_is_known(connected: Path) -> None:
    lines = "  old_encryption_keys: [one-old-key-0123, another-old-key-45]\n"
    rewrite(connected, lambda text: text.replace("appservice:\n", f"appservice:\n{lines}", 1))
    replace(connected, "host: high", "host: high\n    token: 8125:correct-horse")
    replace(connected, "sqlite:///bridgekit.db", "postgresql://bridge:hunter2@db/bridge")
    secrets = secrets_of(load(connected))
    written = re.findall(r"_token: \"?([0-9a-f]{64})", connected.read_text())
    named = {"one-old-key-0123", "8125:correct-horse", "postgresql://bridge:hunter2@db/bridge"}
    assert {*written, *named} <= set(secrets)
    assert len(written) == 2
