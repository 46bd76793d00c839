"""What docs/operators.md lists is what there is."""

import re
from pathlib import Path

import pytest

from bridgekit.cli.app import app
from bridgekit.reasons import WORDS, Reason
from bridgekit.store.retention import RETENTION
from bridgekit.to_network.burial import HOPELESS

TEXT = (Path(__file__).parents[3] / "docs" / "operators.md").read_text("utf-8")


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_explained_to_operators(reason: Reason) -> None:
    assert f"| `{reason.value}` | {WORDS[reason].sentence} |" in TEXT


def test_every_command_is_in_the_table() -> None:
    rows = TEXT[TEXT.index("## Commands") :].partition("\n## ")[0]
    listed = " ".join(line.split(" | ")[0] for line in rows.splitlines() if line.startswith("| `"))
    single = [one.name for one in app.registered_commands]
    names = [*single, *(one.name for one in app.registered_groups)]
    words = set(re.findall(r"[a-z-]+", listed))
    assert [name for name in names if name not in words] == []


def test_what_is_not_kept_is_named_to_operators() -> None:
    _, _, rest = TEXT.partition("is not kept, and")
    listed = rest.partition(";")[0]
    assert {reason for reason in Reason if f"`{reason.value}`" in listed} == HOPELESS


def test_every_time_for_which_something_is_kept_is_named_to_operators() -> None:
    table = TEXT[TEXT.index("### How long things are kept") :].partition("\n## ")[0]
    assert set(map(int, re.findall(r"(\d+) days", table))) == {keep.days for keep in RETENTION}
