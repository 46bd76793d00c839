"""What operators get wrong on their own machine, found by its id."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bridgekit.testing.homeserver import FakeHomeserver
from tests.core.cli.conftest import Doctor, registration, replace
from tests.core.cli.seen import found, rewrite

JSON = dict[str, Any]
PING = "/_matrix/app/v1/ping"


@pytest.mark.parametrize(
    ("old", "new", "id_", "fix"),
    [
        (": admin", ": user", "no-admin", '"@you:example.org": admin'),
        (
            "public_url: https://bridge.example.org",
            "public_url: http://10.0.0.2",
            "media-base-internal",
            "w",
        ),
        (
            "public_url: https://bridge.example.org",
            "public_url: http://x.local",
            "media-base-internal",
            "w",
        ),
        ("host: high", "hst: high", "config-fault", "did you mean host?"),
    ],
)
async def test_a_line_of_the_configuration_is_named(
    doctor: Doctor, connected: Path, old: str, new: str, id_: str, fix: str
) -> None:
    replace(connected, old, new)
    one = next((o for i, o in (await found(doctor, "--offline")).items() if i == id_), None)
    assert one is not None
    assert fix in one["fix"]
    assert one["why"]


async def test_https_straight_to_a_bridge_that_speaks_http_is_said(
    doctor: Doctor, connected: Path
) -> None:
    def spelt(text: str) -> str:
        head, _, tail = text.partition("appservice:")
        return f"{head}appservice:{tail.replace('http://127', 'https://127', 1)}"

    rewrite(connected, spelt)
    one = (await found(doctor, "--offline"))["http-https"]
    assert one["fix"].startswith("Write http://127.0.0.1:")


async def test_permissions_of_an_example_and_for_nobody(doctor: Doctor, connected: Path) -> None:
    def spelt(text: str) -> str:
        head, _, tail = text.replace("example.org", "chat.test").partition("permissions:")
        _, _, rest = tail.partition("# Files.")
        lines = 'permissions:\n  "@admin:example.com": admin\n  "*": block\n\n# Files.'
        return f"{head}{lines}{rest}"

    rewrite(connected, spelt)
    seen = await found(doctor, "--offline")
    assert seen["placeholder"]["fix"] == "Write @admin:chat.test in its place."
    assert seen["permissions"]["fix"] == 'Add under permissions: "chat.test": user'


async def test_a_homeserver_elsewhere_cannot_reach_localhost(
    doctor: Doctor, connected: Path, homeserver: FakeHomeserver
) -> None:
    replace(connected, homeserver.url, "http://synapse:8008")
    seen = await found(doctor, "--offline")
    assert "but the homeserver is at synapse" in seen["url-localhost"]["text"]
    assert "appservice.url" in seen["url-localhost"]["fix"]


async def test_what_somebody_may_do_is_said_with_the_line_that_decides(
    doctor: Doctor, connected: Path
) -> None:
    text = (await doctor("--offline", "--as", "@you:example.org")).stdout
    assert "@you:example.org has the level admin on tower, by permissions" in text
    nobody = await doctor("--offline", "--as", "you")
    assert (nobody.exit_code, "you is no full user ID" in nobody.stderr) == (2, True)
    replace(connected, '"*": relay', '"*": block')
    seen = await found(doctor, "--offline", "--as", "@she:example.com")
    assert seen["permissions"]["fix"] == 'Add under permissions: "@she:example.com": user'


async def test_a_port_that_nobody_listens_on_is_said(doctor: Doctor, connected: Path) -> None:
    rewrite(connected, lambda text: re.sub(r"(?m)^  listen:.*", "  listen: 127.0.0.1:1", text))
    seen = await found(doctor, "--offline")
    assert "the bridge listens on 1." in seen["port-differs"]["text"]


async def test_secrets_that_others_can_read_are_said(doctor: Doctor, connected: Path) -> None:
    rewrite(connected, str, mode=0o644)
    seen = await found(doctor, "--offline")
    assert seen["secrets-open"]["fix"] == f"chmod 600 {connected}"


async def test_a_file_of_a_secret_that_others_can_read_is_said(
    doctor: Doctor, connected: Path
) -> None:
    token, folder = registration(connected)["as_token"], connected.parent
    replace(connected, f'as_token: "{token}"', "as_token_file: token.txt")
    (folder / "token.txt").write_text(f"{token}\n")
    (folder / "token.txt").chmod(0o600)
    assert "secrets-open" not in await found(doctor, "--offline")
    (folder / "token.txt").chmod(0o644)
    one = (await found(doctor, "--offline"))["secrets-open"]
    assert one["fix"] == f"chmod o-rwx {folder / 'token.txt'}"


@pytest.mark.parametrize("name", ["config.yaml", "registration.yaml"])
async def test_a_file_with_tokens_in_git_is_said(
    doctor: Doctor, connected: Path, name: str
) -> None:
    for words in (["init", "-q"], ["add", "-f", name]):
        await asyncio.to_thread(
            subprocess.run, ["git", "-C", str(connected.parent), *words], check=True
        )
    seen = await found(doctor, "--offline")
    assert f"{name} is under version control" in seen["secrets-in-git"]["text"]
    assert f"git rm --cached {name}" in seen["secrets-in-git"]["fix"]


async def test_offline_nobody_is_asked(doctor: Doctor, homeserver: FakeHomeserver) -> None:
    result = await doctor("--offline")
    assert result.exit_code == 0, result.stdout
    assert "Homeserver" not in result.stdout
    assert not homeserver.requests


async def test_the_files_agree_and_the_homeserver_does_not_know_us(doctor: Doctor) -> None:
    seen = await found(doctor)
    assert "Restart the homeserver" in seen["not-restarted"]["fix"]
    assert "app_service_config_files" in seen["not-restarted"]["fix"], "it may not be named there"


async def test_another_token_is_said_from_both_sides(doctor: Doctor, connected: Path) -> None:
    file = connected.with_name("registration.yaml")
    token = registration(connected)["as_token"]
    replace(file, token, f"{token}0")
    seen = await found(doctor)
    assert {"tokens-differ", "token-unknown"} <= set(seen)
    assert token not in json.dumps(seen)


async def test_a_registration_that_synapse_does_not_load_is_said(
    doctor: Doctor, connected: Path, tmp_path: Path
) -> None:
    synapse = tmp_path / "homeserver.yaml"
    synapse.write_text("server_name: example.org\n")
    seen = await found(doctor, "--offline", "--homeserver-config", synapse)
    file = connected.with_name("registration.yaml")
    assert f"app_service_config_files:\n  - {file}" in seen["not-listed"]["fix"]
    synapse.write_text(f"server_name: example.org\napp_service_config_files: [{file}]\n")
    assert "not-listed" not in await found(doctor, "--offline", "--homeserver-config", synapse)
