"""The README claims nothing without a test that shows it."""

import ast
import re
from functools import cache
from pathlib import Path

from bridgekit.testing.contract import AdapterContract

HERE = Path(__file__).parent
README = Path(__file__).parents[3] / "bridges" / "telegram" / "README.md"


def named():
    return sorted(set(re.findall(r"`(\w+)::(test_\w+)`", README.read_text("utf-8"))))


@cache
def functions_of(file):
    tree = ast.parse((HERE / f"{file}.py").read_text("utf-8"))
    return {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def exists(file, test):
    return hasattr(AdapterContract, test) if file == "contract" else test in functions_of(file)


def test_every_test_that_is_named_exists():
    assert [one for one in named() if not exists(*one)] == []


def test_every_row_of_its_tables_of_features_names_one():
    tables = (
        README.read_text("utf-8")
        .partition("which test shows it")[2]
        .partition("## What becomes of each kind")[0]
    )
    rows = [
        line for line in tables.splitlines() if line.startswith("| ") and "Shown by" not in line
    ]
    assert len(rows) > 50
    assert [row for row in rows if "::test_" not in row] == []
