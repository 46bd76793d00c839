"""What commands say of a configured adapter that cannot be used, beside one that can."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from bridgekit.testing.homeserver import FakeHomeserver
from tests.core.cli.conftest import Doctor, Run, registration, replace, started
from tests.core.cli.test_run import until

WHY = "The adapter torn (from sample-pager) cannot be imported: ModuleNotFoundError: No module"


def torn(config: Path) -> Path:
    """The configuration with a network more, whose adapter cannot be imported."""
    replace(config, "networks:\n", "networks:\n  torn:\n    host: high\n")
    return config


async def test_the_bridge_runs_and_its_log_says_which_network_does_not(
    connected: Path, site: Path, homeserver: FakeHomeserver
) -> None:
    homeserver.load_registration(registration(connected))
    async with started(torn(connected), site, "--log-format", "json") as process:
        log = await until(process, "homeserver and bridge reach each other")
        (line,) = [json.loads(one) for one in log.splitlines() if "network stays off" in one]
        assert (line["network"], line["level"]) == ("torn", "error")
        assert line["why"].startswith(WHY)
        process.send_signal(signal.SIGTERM)
        await until(process, '"event": "stopped"')
        assert await process.wait() == 0


async def test_doctor_says_which_network_stays_off_and_what_to_do(
    doctor: Doctor, connected: Path, homeserver: FakeHomeserver
) -> None:
    homeserver.load_registration(registration(connected))
    torn(connected)
    result = await doctor("--json")
    found = {one["area"]: one for one in json.loads(result.stdout)["findings"]}
    assert result.exit_code == 4
    assert found["Network torn"]["severity"] == "error"
    assert found["Network torn"]["id"] == "adapter-unusable"
    assert found["Network torn"]["text"].startswith(WHY)
    assert found["Network torn"]["why"] == "This network stays off, the others run."
    assert found["Network torn"]["fix"].startswith("install what it needs with: pip install")
    assert found["Network tower"]["severity"] == "ok"
    assert "does not start" not in result.stdout


def test_doctor_says_so_offline_too(bridgekit: Run, config: Path) -> None:
    torn(config)
    result = bridgekit("doctor", "--offline", "--json", "-c", config)
    found = [one for one in json.loads(result.stdout)["findings"] if "Network" in one["area"]]
    assert [(one["area"], one["id"]) for one in found] == [("Network torn", "adapter-unusable")]
    assert result.exit_code == 4


def test_what_only_reads_goes_on(bridgekit: Run, config: Path) -> None:
    torn(config)
    assert bridgekit("registration", "-c", config).exit_code == 0


def test_alone_it_is_3_as_any_fault(bridgekit: Run, config: Path) -> None:
    head, _, _ = config.read_text().partition("networks:\n")
    config.write_text(f"{head}networks:\n  torn:\n    host: high\n")
    result = bridgekit("run", "-c", config)
    assert result.exit_code == 3
    assert WHY in " ".join(result.stderr.split())
