"""`bridgekit doctor`: config, registration, database, networks, and how findings are shown."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from bridgekit.cli.doctor.networks import from_fault
from bridgekit.testing.homeserver import FakeHomeserver
from tests.core.cli.conftest import Doctor, Fill, Rows, flat, registration, replace


async def test_where_all_is_well_it_says_what_it_checked(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path
) -> None:
    homeserver.load_registration(registration(connected))
    result = await doctor()
    text = flat(result.stdout)
    assert result.exit_code == 0, text
    assert "config.yaml has no faults." in text
    assert "registration.yaml belongs to the configuration." in text
    assert f"{homeserver.url} answers, and speaks Matrix up to v1.15." in text
    assert "It knows the bridge as @bridgebot:example.org." in text
    assert "The bridge does not run; it can listen on 127.0.0.1:" in text
    assert "It reaches the bridge at http://127.0.0.1:" in text
    assert "bridgekit.db does not exist yet; the bridge makes it." in text
    assert "Network tower ✓ The tower high stands." in text
    assert text.endswith("0 errors, 0 warnings.")
    assert not (connected.parent / "bridgekit.db").exists()


async def test_findings_for_programs(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path
) -> None:
    homeserver.load_registration(registration(connected))
    replace(connected, "host: high", "host: gone")
    result = await doctor("--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 4
    assert (report["errors"], report["warnings"]) == (1, 0)
    assert report["findings"][-1] == {
        "area": "Network tower",
        "id": None,
        "severity": "error",
        "text": "The tower is gone.",
        "why": None,
        "fix": "Build another.",
    }


async def test_every_fault_of_the_config_is_a_finding(doctor: Doctor, connected: Path) -> None:
    replace(connected, "bot: bridgebot", "bott: bridgebot")
    replace(connected, "host: high", "hst: high")
    result = await doctor("--json")
    found = [(one["text"], one["fix"]) for one in json.loads(result.stdout)["findings"]]
    assert result.exit_code == 4
    assert [fix for _, fix in found] == [
        "did you mean bot?",
        "add it: the name of the tower",
        "did you mean host?",
    ]
    assert found[0][0].endswith("appservice.bott: is no known key")


def test_a_fault_that_names_no_fix_is_said_once() -> None:
    finding = from_fault("networks.work.signing_secret: signing_secret is missing: it shows it")
    assert finding.text == "networks.work.signing_secret: signing_secret is missing: it shows it"
    assert finding.fix == "Mend the line that is named."


async def test_a_registration_of_another_config_is_said(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path
) -> None:
    homeserver.load_registration(registration(connected))
    other = connected.with_name("other.yaml")
    other.write_text(connected.with_name("registration.yaml").read_text())
    replace(other, "bridgebot", "otherbot")
    result = await doctor("--registration", other)
    assert result.exit_code == 4
    assert "sender_localpart: is not what the configuration says" in flat(result.stdout)


async def test_a_missing_registration_is_no_error(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path
) -> None:
    homeserver.load_registration(registration(connected))
    connected.with_name("registration.yaml").unlink()
    result = await doctor()
    assert result.exit_code == 0
    assert "! Not compared: there is no" in flat(result.stdout)
    assert "Name the homeserver's copy with --registration." in flat(result.stdout)


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("crash", "the adapter for Pager failed: RuntimeError: the tower \\x1b[31mfell Report"),
        ("host", "RuntimeError: no bridge runs here that could be asked for 'logins'"),
    ],
)
async def test_a_check_that_fails_is_a_finding(
    doctor: Doctor, connected: Path, host: str, sentence: str
) -> None:
    replace(connected, "host: high", f"host: {host}")
    assert sentence in flat((await doctor()).stdout)


async def test_failed_messages_are_a_warning(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path, fill: Fill
) -> None:
    async def one(rows: Rows) -> None:
        await rows.fail(await rows.job(await rows.portal("#a"), "$bad"), "too loud")

    homeserver.load_registration(registration(connected))
    await asyncio.to_thread(fill, one)
    result = await doctor()
    assert result.exit_code == 0
    assert "! 1 message failed and can be sent again. See `bridgekit queue`" in flat(result.stdout)


async def test_a_database_of_something_else_is_said(doctor: Doctor, connected: Path) -> None:
    (connected.parent / "bridgekit.db").write_text("something else, in any case not SQLite's\n")
    assert "is something else, not a SQLite database" in flat((await doctor()).stdout)


async def test_a_terminal_without_unicode_gets_ascii_marks(
    doctor: Doctor, connected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace(connected, "bot: bridgebot", "bott: bridgebot")
    monkeypatch.setattr("rich.console.Console.encoding", "ascii")
    result = await doctor()
    assert "  x " in result.stdout
    assert "✗" not in result.stdout


async def test_without_a_public_address_it_names_the_networks_whose_fallbacks_need_one(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path
) -> None:
    homeserver.load_registration(registration(connected))
    replace(connected, "  public_url: https://bridge.example.org\n", "")
    result = await doctor()
    assert result.exit_code == 0
    text = flat(result.stdout)
    assert (
        "public_url is not set, so files that people on Matrix send are not offered as links"
        in text
    )
    assert "on tower. Set it to an address where the world reaches the bridge" in text
    assert text.endswith("0 errors, 1 warning.")


async def test_a_page_for_a_long_text_needs_the_public_address_too(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path
) -> None:
    homeserver.load_registration(registration(connected))
    replace(connected, "  public_url: https://bridge.example.org\n", "")
    kinds = ("image", "file", "audio", "video", "voice", "sticker")
    none = ", ".join(f"{kind}: nothing" for kind in kinds)
    replace(connected, "host: high", f"host: high\n    fallbacks: {{{none}}}")
    assert flat((await doctor()).stdout).endswith("0 errors, 0 warnings.")
    replace(connected, "{image: nothing", "{long_text: link, image: nothing")
    assert "so long texts become no pages on tower." in flat((await doctor()).stdout)


async def test_no_line_ends_with_blanks(doctor: Doctor, connected: Path) -> None:
    replace(connected, "host: high", "host: gone")
    lines = (await doctor()).stdout.splitlines()
    assert lines == [line.rstrip() for line in lines]


async def test_a_room_version_that_there_is_not_is_an_error(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path
) -> None:
    homeserver.load_registration(registration(connected))
    with connected.open("a") as config:
        config.write('\nrooms: {version: "99x"}\n')
    result = await doctor()
    assert result.exit_code == 4
    assert "the homeserver makes no rooms of version 99x write one of 1, 2, 3" in flat(
        result.stdout
    )
