"""The alert rules, the dashboard, the unit and the container name what there is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from bridgekit.adapter import LoginState
from bridgekit.cli.app import app
from bridgekit.cli.exits import Exit
from bridgekit.metrics import families
from bridgekit.reasons import Reason

CONTRIB = Path(__file__).parents[3] / "contrib"
# Of a summary or histogram, and what else hangs on a family's name.
ENDINGS = ("_bucket", "_count", "_sum", "_total", "_created", "_info")
OF_PROMETHEUS = {"up"}


def alerts() -> list[dict[str, Any]]:
    (group,) = YAML(typ="safe").load(CONTRIB / "prometheus" / "alerts.yaml")["groups"]
    return group["rules"]


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in alerts())
    board = json.loads((CONTRIB / "grafana" / "bridgekit.json").read_text())
    yield from (target["expr"] for panel in board["panels"] for target in panel["targets"])
    yield from (one["expr"] for one in board["annotations"]["list"])


def names_in(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:bridgekit|process)_\w+", expression))


@pytest.fixture(scope="module")
def known() -> set[str]:
    """The names of all families, of a bridge that never ran."""
    source = Path(families.__file__).read_text()
    named = set(re.findall(r'f"\{PREFIX\}(\w+)"', source)) | set(
        re.findall(r'_gauge\(\s*"(\w+)"', source)
    )
    process = {metric.name for metric in families._PROCESS.collect()}
    return {f"bridgekit_{name}" for name in named} | process


def family(name: str, known: set[str]) -> str | None:
    stems = [name, *(name.removesuffix(end) for end in ENDINGS)]
    return next((stem for stem in stems if stem in known), None)


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_every_metric_in_a_rule_or_a_panel_exists(expression: str, known: set[str]) -> None:
    names = names_in(expression)
    assert names or OF_PROMETHEUS & set(re.findall(r"\w+", expression))
    assert {name for name in names if family(name, known) is None} == set()


def test_a_metric_that_there_is_not_is_missed(known: set[str]) -> None:
    assert family("bridgekit_no_such_total", known) is None
    assert family("bridgekit_events_total", known) == "bridgekit_events"
    assert len(known) > 15


def test_every_outcome_and_state_in_an_expression_exists() -> None:
    known = {reason.value for reason in Reason}
    states = {state.value for state in LoginState}
    for expression in expressions():
        for names in re.findall(r'outcome(?:!?~|!?=)"([^"]+)"', expression):
            assert set(names.split("|")) <= known
        for names in re.findall(r'state(?:!?~|!?=)"([^"]+)"', expression):
            assert set(names.split("|")) <= states


def test_every_alert_says_what_it_means_and_what_to_do() -> None:
    for rule in alerts():
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["description"]
    assert len({rule["alert"] for rule in alerts()}) == len(alerts())


def test_every_command_that_an_alert_advises_exists() -> None:
    text = (CONTRIB / "prometheus" / "alerts.yaml").read_text()
    commands = {one.name for one in app.registered_commands} | {
        one.name for one in app.registered_groups
    }
    advised = set(re.findall(r"`bridgekit (\w+)", text))
    assert advised
    assert advised <= commands


def unit(name: str = "bridgekit.service") -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (CONTRIB / "systemd" / name).read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def test_the_unit_starts_again_what_a_restart_mends_and_nothing_else() -> None:
    codes = {int(code) for code in unit()["RestartPreventExitStatus"][0].split()}
    assert codes == {Exit.USAGE, Exit.CONFIG, Exit.DATABASE, Exit.ADDRESS}
    assert unit()["Type"] == ["notify"]
    assert unit()["ExecReload"] == ["/bin/kill -HUP $MAINPID"]


@pytest.mark.parametrize(
    "setting",
    [
        *("NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet="),
        *("MemoryDenyWriteExecute=yes", "SystemCallFilter=@system-service", "UMask=0077"),
    ],
)
def test_the_units_are_hardened(setting: str) -> None:
    key, _, value = setting.partition("=")
    assert value in unit()[key]
    assert value in unit("bridgekit-irc-holder.service")[key]


def test_the_unit_of_the_holder_starts_it_as_the_same_user_before_the_bridge() -> None:
    bridge, holder = unit(), unit("bridgekit-irc-holder.service")
    assert holder["Before"] == ["bridgekit.service"]
    assert holder["User"] == bridge["User"]
    command, *words = holder["ExecStart"][0].split()[1:]
    (irc_holder,) = (one for one in entry_points(group="bridgekit.commands") if one.name == command)
    ended = CliRunner().invoke(irc_holder.load(), [*words, "--keep", "no time"])
    assert (ended.exit_code, "The holder cannot start" in ended.output) == (1, True)


def test_the_container_runs_the_bridge_without_root_and_looks_whether_it_is_alive() -> None:
    text = (CONTRIB / "container" / "Containerfile").read_text()
    assert re.search(r"^USER 10001$", text, re.MULTILINE)
    assert "/healthz" in text
    assert '"run", "-c", "/data/config.yaml", "--log-format", "json"' in text
    for copied in re.findall(r"^COPY (\S+) \S+$", text, re.MULTILINE):
        assert (CONTRIB.parent / copied).exists()


def test_what_makes_the_metrics_is_loaded_only_where_they_are_served() -> None:
    said = (
        "import sys, bridgekit.bridge, bridgekit.cli.app; print('prometheus_client' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_guide_names_every_metric(known: set[str]) -> None:
    guide = (CONTRIB.parent / "docs" / "operating.md").read_text()
    named = {family(name, known) or name for name in re.findall(r"`(bridgekit_\w+)`", guide)}
    assert {name for name in known if name.startswith("bridgekit_")} | {"bridgekit_info"} == named
