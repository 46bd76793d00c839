"""The systemd units, ours and the one that `init` writes, as systemd itself reads them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bridgekit.cli.init.service_files import unit
from tests.integration.missing import skip

SHIPPED = Path(__file__).parents[3] / "contrib" / "systemd" / "bridgekit.service"
EXPOSED = 2.0  # what systemd calls OK; 10 is a service without any protection


@pytest.fixture(params=["shipped", "written by init"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A unit whose program is on this machine."""
    to = tmp_path / "bridgekit.service"
    if request.param == "shipped":
        text = SHIPPED.read_text().replace("/opt/bridgekit/bin/bridgekit", sys.executable)
        to.write_text(re.sub(r"^(User|Group)=.*", r"\1=daemon", text, flags=re.MULTILINE))
    else:
        to.write_text(unit(tmp_path / "config.yaml", to, "daemon"))
    return to


def analyzed(*words: object) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        skip("There is no systemd-analyze here: install the package systemd.")
    command = ["systemd-analyze", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_systemd_finds_no_fault_in_it(service: Path) -> None:
    done = analyzed("verify", "--man=no", service)
    mine = [line for line in done.stderr.splitlines() if service.name in line]
    assert mine == []
    assert done.returncode == 0, done.stderr


def test_a_fault_would_be_found(service: Path) -> None:
    service.write_text(service.read_text().replace("Type=notify", "Type=nothing"))
    assert "nothing" in analyzed("verify", "--man=no", service).stderr


def test_systemd_counts_it_among_the_well_protected(service: Path) -> None:
    done = analyzed("security", "--offline=yes", "--no-pager", "--json=short", service)
    left = {one["name"]: float(one["exposure"] or 0) for one in json.loads(done.stdout)}
    said = analyzed("security", "--offline=yes", "--no-pager", service).stdout
    (level,) = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", said)
    worst = sorted(left.items(), key=lambda one: -one[1])[:3]
    assert float(level) < EXPOSED, worst
