"""The tables in docs/kinds.md and docs/delivery.md are complete, and the tests they name exist.

Tests are collected by reading the source: what needs a server is found without one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from bridgekit.events import Content
from bridgekit.to_network.fallback import Feature

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
DELIVERY = ROOT / "docs" / "delivery.md"
KINDS = ROOT / "docs" / "kinds.md"

RULES = range(1, 28)
NOT_YET = "not built yet"
NAMED = re.compile(r"`([\w/]+)::(test_\w+)`")

Row = tuple[str, ...]


@cache
def functions_of(file: Path) -> frozenset[str]:
    """The functions of a file, among them its tests."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, found))


def rows(text: str) -> list[Row]:
    """The rows of all tables, without heads and rules."""
    lines = text.splitlines()
    heads = {number - 1 for number, line in enumerate(lines) if line.startswith("|---")}
    return [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for number, line in enumerate(lines)
        if line.startswith("|") and not line.startswith("|---") and number not in heads
    ]


def sections(file: Path) -> dict[str, list[Row]]:
    """The rows of the tables under each heading."""
    _, *parts = file.read_text(encoding="utf-8").split("\n## ")
    return {part.partition("\n")[0]: rows(part) for part in parts}


def missing(text: str) -> Iterator[str]:
    """The tests that a text names and nobody wrote."""
    for file, test in NAMED.findall(text):
        path = TESTS / f"{file}.py"
        if not path.is_file() or test not in functions_of(path):
            yield f"{file}::{test}"


@pytest.mark.parametrize("file", [DELIVERY, KINDS], ids=lambda file: file.name)
def test_every_test_that_is_named_exists(file):
    text = file.read_text(encoding="utf-8")
    assert list(missing(text)) == []
    assert len(NAMED.findall(text)) == text.count("::test_")


def test_a_test_that_nobody_wrote_is_missed():
    named = "`core/test_docs_tables::test_nobody_wrote_it`"
    assert list(missing(named)) == ["core/test_docs_tables::test_nobody_wrote_it"]
    assert list(missing("`core/nowhere::test_a`")) == ["core/nowhere::test_a"]


def rule_rows() -> list[Row]:
    _, _, rules = DELIVERY.read_text(encoding="utf-8").partition("\n## The rules\n")
    return rows(rules)


def delivery_rules() -> dict[int, Row]:
    return {int(row[0]): row for row in rule_rows()}


def test_every_rule_of_delivery_has_a_row():
    assert [int(row[0]) for row in rule_rows()] == list(RULES)
    assert {len(row) for row in rule_rows()} == {4}


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_that_is_built_names_a_test_of_its_own(rule):
    _, holds, built, proven = delivery_rules()[rule]
    assert holds.endswith(".")
    own = [test for _, test in NAMED.findall(proven) if test.startswith(f"test_rule_{rule:02}_")]
    assert built == "yes" or NOT_YET in built
    assert bool(own) != built.startswith(NOT_YET)


def test_a_rule_that_has_tests_is_not_called_unbuilt():
    tests = {test for file in TESTS.rglob("test_*.py") for test in functions_of(file)}
    tested = {int(test[10:12]) for test in tests if test.startswith("test_rule_")}
    unbuilt = {rule for rule, row in delivery_rules().items() if row[2].startswith(NOT_YET)}
    assert tested == set(RULES) - unbuilt


@pytest.mark.parametrize("direction", ["From Matrix to the network", "From the network to Matrix"])
def test_every_kind_has_a_row_in_each_direction(direction):
    table = sections(KINDS)[direction]
    kinds = {f"`{kind.__name__}`" for kind in get_args(Content)}
    assert {row[1] for row in table} == kinds
    assert len({len(row) for row in table}) == 1


def test_every_fallback_has_a_row():
    lacking = {row[3] for row in sections(KINDS)["From Matrix to the network"]} - {""}
    assert lacking == {f"`{feature}`" for feature in Feature}


def test_every_row_of_a_kind_names_a_test():
    for table in sections(KINDS).values():
        for row in table:
            assert NAMED.search(row[-1]), row[0]


def test_every_test_on_real_servers_is_in_the_table():
    text = KINDS.read_text(encoding="utf-8")
    for file in sorted((TESTS / "integration").glob("test_every_kind_*.py")):
        written = {name for name in functions_of(file) if name.startswith("test_")}
        named = {test for place, test in NAMED.findall(text) if place.endswith(file.stem)}
        assert written == named, file.name
