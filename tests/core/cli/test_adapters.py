"""`bridgekit adapters`, and what all commands share: help, usage, exit codes."""

from __future__ import annotations

import json
import re
from importlib.metadata import EntryPoint
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bridgekit.cli.added import GROUP
from bridgekit.cli.added import _why as unusable
from bridgekit.cli.output import show_table
from tests.core.cli.conftest import Run, replace

COMMANDS = [
    ["init"],
    ["registration"],
    ["registration", "print"],
    ["registration", "check"],
    ["registration", "compare"],
    ["registration", "rotate"],
    ["run"],
    ["doctor"],
    ["setup"],
    ["adapters"],
    ["new-adapter"],
    ["queue"],
    ["queue", "list"],
    ["queue", "retry"],
    ["queue", "drop"],
    ["trace"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_an_example_and_fits_80_columns(
    bridgekit: Run, command: list[str]
) -> None:
    result = bridgekit(*command, "--help")
    assert result.exit_code == 0
    assert "Example" in result.stdout
    assert f"  bridgekit {' '.join(command)}" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_without_a_command_the_commands_and_exit_codes_are_shown(bridgekit: Run) -> None:
    result = bridgekit("--help")
    assert all(f"  {command[0]} " in result.stdout for command in COMMANDS)
    assert "130 stopped at once" in result.stdout
    assert "..." not in result.stdout  # no command's line is cut


@pytest.mark.parametrize("words", [["nonsense"], ["trace"], ["queue", "--limit", "0"]])
def test_a_wrong_command_line_is_2(bridgekit: Run, words: list[str]) -> None:
    assert bridgekit(*words).exit_code == 2


def test_exit_codes_are_those_of_the_operators_page() -> None:
    from bridgekit.cli.exits import Exit

    page = (Path(__file__).parents[3] / "docs" / "operators.md").read_text()
    table = page.partition("## Exit codes")[2].partition("\n## ")[0]
    rows = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("|")]
    assert [int(code) for code in rows[2:]] == list(Exit)


def test_adapters_are_listed_with_what_they_support_or_why_not(bridgekit: Run) -> None:
    result = bridgekit("adapters")
    text = " ".join(result.stdout.split())
    assert result.exit_code == 4  # as one cannot be used
    assert "Adapter Package Interface Supports" in text
    assert "pager sample-pager 1.2 1 messages, doctor, unknown: annotate what `connect`" in text
    assert "torn (sample-pager 1.2): The adapter torn (from sample-pager) cannot be" in text
    assert max(map(len, result.stdout.splitlines())) <= 80


@pytest.mark.parametrize("lacks", ["a_library_that_nobody_has", "bridgekit.nothing"])
def test_an_adapter_of_our_own_whose_extra_nobody_asked_for_is_no_fault(
    bridgekit: Run, site: Path, lacks: str
) -> None:
    """Only what our own code lacks of itself is one."""
    (site / "sample_ours.py").write_text(f"import {lacks}\n")
    info = site / "matrix_bridgekit-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: matrix-bridgekit\nVersion: 0\n")
    (info / "entry_points.txt").write_text("[bridgekit.adapters]\nours = sample_ours:Ours\n")
    lines = bridgekit("adapters").stdout.splitlines()
    said = "ours: not installed (pip install 'matrix-bridgekit[ours]')"
    assert (said in lines) is (lacks == "a_library_that_nobody_has")
    assert any("ours" in line and "✗" in line for line in lines) is not (said in lines)


DECLARED = """
from collections.abc import AsyncIterator
from bridgekit import Adapter, Client, Manifest, SupportsDoctor, SupportsEdit, SupportsReact
from pydantic import BaseModel

class Plain(Client, SupportsEdit): ...

class Rich(Plain, SupportsReact): ...

class Pager(Adapter[BaseModel], SupportsDoctor):
    manifest = Manifest("pager", "Pager", BaseModel)

    def connect(self, login) -> AsyncIterator[Plain | Rich]: ...

    async def check(self): ...
"""


def test_the_table_says_what_the_classes_declare_and_what_only_some_connections_have(
    bridgekit: Run, site: Path
) -> None:
    (site / "sample_pager.py").write_text(DECLARED)
    records = {one["name"]: one for one in json.loads(bridgekit("adapters", "--json").stdout)}
    assert records["pager"]["supports"] == ["SupportsDoctor", "SupportsEdit"]
    assert records["pager"]["supports_for_some_logins"] == ["SupportsReact"]
    text = " ".join(bridgekit("adapters").stdout.split())
    assert "messages, doctor, edit, and on some connections, where the server has it: react" in text


def test_of_irc_the_table_says_what_a_server_without_and_one_with_everything_lets_it_do(
    bridgekit: Run,
) -> None:
    from bridges.irc.client import IRCClient
    from bridges.irc.modern import client_for

    every = client_for(
        IRCClient, ["+draft/react", "+typing", "draft/message-redaction", "draft/chathistory"]
    )
    (irc,) = (
        one for one in json.loads(bridgekit("adapters", "--json").stdout) if one["name"] == "irc"
    )
    added = ["SupportsDelete", "SupportsHistory", "SupportsReact", "SupportsTyping"]
    assert irc["supports_for_some_logins"] == added
    assert not set(added) & {base.__name__ for base in client_for(IRCClient, []).__mro__}
    can = {base.__name__ for base in every.__mro__ if base.__name__.startswith("Supports")}
    assert can <= {*irc["supports"], *added}
    assert can >= {*added, "SupportsChatChange", "SupportsSplit"}


def test_a_name_is_whole_where_there_is_room_for_it() -> None:
    name, to = "matrix-bridgekit-tinychat 0.1.0", StringIO()
    head, row = (
        ("Adapter", "Package", "Interface", "Supports"),
        ("tinychat", name, "1", "edit, " * 99),
    )
    for width, whole in ((80, True), (60, False)):
        show_table(Console(file=to, width=width, force_terminal=True), head, [row])
        assert (name in to.getvalue()) is whole
        to.truncate(0)


def test_in_a_pipe_no_word_is_broken() -> None:
    room, to = "!AbCdEfGhIjKlMnOpQr:matrix.example.org", StringIO()
    row = ("work", "T0TEAM/C0SECRET", "bound, no login hears it", "both", room, "12")
    show_table(Console(file=to, width=80), ("a", "b", "c", "d", "room", "last"), [row] * 2)
    assert to.getvalue().split().count(room) == 2
    assert to.getvalue().split().count("T0TEAM/C0SECRET") == 2
    to.truncate(0)
    to.seek(0)
    long = "\N{HANGUL SYLLABLE GA}" * 50
    show_table(Console(file=to, width=80), ("a", "b"), [(long, f"{long} and more")])
    assert to.getvalue().split().count(long) == 2, "also where a word alone is too wide"


def test_nothing_in_the_table_is_cut(bridgekit: Run, site: Path) -> None:
    name = "q" * 48
    (points,) = site.rglob("entry_points.txt")
    points.write_text(f"[bridgekit.adapters]\n{name} = sample_pager:Pager\n")
    replace(site / "sample_pager.py", '"pager"', f'"{name}"')
    table = bridgekit("adapters").stdout
    assert table.count("q") == len(name)
    assert "…" not in table


def test_adapters_for_programs(bridgekit: Run) -> None:
    records = {one["name"]: one for one in json.loads(bridgekit("adapters", "--json").stdout)}
    assert records["pager"] == {
        "name": "pager",
        "distribution": "sample-pager",
        "version": "1.2",
        "usable": True,
        "title": "Pager",
        "api": 1,
        "supports": ["SupportsDoctor", "unknown"],
        "supports_for_some_logins": [],
        "warnings": [],
    }
    assert not records["torn"]["usable"]
    assert "pip install 'sample-pager'" in records["torn"]["why"]


OVERLOOKED = """
from collections.abc import AsyncIterator
from bridgekit import Adapter, Client, Manifest, SupportsEdit, SupportsReact
from pydantic import BaseModel

class One(Client):
    async def edit(self, event): ...
    async def delete(self, event): ...
    def split(self): ...
    async def limits(self, chat): ...
    async def react(self, event): ...

class Other(One, SupportsReact): ...

class Pager(Adapter[BaseModel]):
    manifest = Manifest("paging", "Pager", BaseModel)

    def connect(self, login) -> AsyncIterator[One | Other]: ...
"""


def test_what_an_author_has_overlooked_is_warned_of_and_no_fault(
    bridgekit: Run, site: Path
) -> None:
    """What is only called as a method of an ability, and cannot be called so, is none."""
    (site / "sample_pager.py").write_text(OVERLOOKED)
    (points,) = site.rglob("entry_points.txt")
    points.write_text("[bridgekit.adapters]\npager = sample_pager:Pager\n")
    result = bridgekit("adapters")
    assert result.exit_code == 0
    text = " ".join(result.stdout.split())
    assert "One has `edit`, and SupportsEdit is not among its bases" in text
    assert "write `class One(…, SupportsEdit)`" in text
    assert "its manifest says the name 'paging'" in text
    records = {one["name"]: one for one in json.loads(bridgekit("adapters", "--json").stdout)}
    named = re.findall(r"Supports\w+ is not", " ".join(records["pager"]["warnings"]))
    assert sorted({one.split()[0] for one in named}) == ["SupportsDelete", "SupportsEdit"]


def test_a_command_of_an_extra_that_nobody_asked_for_says_what_to_install() -> None:
    point = EntryPoint("irc-holder", "bridges.irc.holder.command:app", GROUP)
    why = unusable(point, ModuleNotFoundError(name="irc"))
    assert why.endswith(
        "there is no irc. Install what it needs with: pip install 'matrix-bridgekit[irc]'"
    )
    foreign = EntryPoint("other", "other_bridge.command:app", GROUP)
    assert unusable(foreign, ModuleNotFoundError(name="x")).endswith("maybe an extra.")
