"""What the house style says and a machine can see."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import settings

import bridgekit
from bridgekit import ConfigError

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "bridgekit").rglob("*.py"), *(ROOT / "bridges").rglob("*.py")])
WHOLE = sorted(
    file
    for folder in ("bridgekit", "bridges", "tests", "demo", "benchmarks", "docs")
    for file in (ROOT / folder).rglob("*.py")
)
RULES = [*range(1, 8), *range(10, 17), 18, 19, 24, 26]  # of delivery; each has a test named so
PACKAGES = [file for file in SOURCES if file.name == "__init__.py"]
FORBIDDEN = {"manager", "helper", "helpers", "util", "utils", "base"}
FACE = ("adapter", "adapter_supports", "errors", "events", "facts", "hosting", "supports")

# The root is never raised; what keeps the bridge itself from starting is no adapter's business.
INTERNAL = {"BridgekitError", *(error.__name__ for error in ConfigError.__subclasses__())}


@cache
def text(file: Path) -> str:
    return file.read_text("utf-8")


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(text(file))


def shown(file: Path) -> str:
    return str(file.relative_to(ROOT))


def words(name: str) -> set[str]:
    """`LaneManager`, `lane_manager` and `IRCManager` all have the word "manager"."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def names_in(file: Path) -> Iterator[str]:
    yield from (part.removesuffix(".py") for part in file.relative_to(ROOT).parts)
    yield from (node.name for node in ast.walk(tree(file)) if isinstance(node, ast.ClassDef))


def order(name: str) -> tuple[int, list[tuple[str, int]]]:
    """As ruff sorts `__all__`: constants, classes, the rest; "utf8" before "utf16"."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    pieces = re.findall(r"(\D*)(\d*)", name)
    return kind, [(letters, int(digits or -1)) for letters, digits in pieces]


def test_there_are_sources_to_look_at() -> None:
    assert {"bridgekit/ids.py", "bridges/irc/__init__.py"} <= {shown(file) for file in SOURCES}


def test_a_file_is_one_concept_of_less_than_300_lines() -> None:
    assert [shown(file) for file in WHOLE if len(text(file).splitlines()) >= 300] == []


def test_a_file_says_in_a_docstring_what_it_is() -> None:
    written = [file for file in WHOLE if text(file).strip()]
    assert [shown(file) for file in written if not ast.get_docstring(tree(file))] == []


def test_no_function_has_more_than_40_lines() -> None:
    # A migration says a whole schema, in order, and is never changed again.
    assert [
        f"{shown(file)}: {node.name}"
        for file in WHOLE
        if "migrations" not in file.parts
        for node in ast.walk(tree(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= 40
    ] == []


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_of_delivery_has_a_test_that_is_named_so(rule: int) -> None:
    named = re.compile(rf"def test_rule_{rule:02}_")
    assert any(named.search(text(file)) for file in WHOLE if "tests" in file.parts)


def test_names_say_what_a_thing_is() -> None:
    named = ((shown(file), name) for file in SOURCES for name in names_in(file))
    assert [(file, name) for file, name in named if words(name) & FORBIDDEN] == []


@pytest.mark.parametrize("file", PACKAGES, ids=shown)
def test_a_package_only_re_exports(file: Path) -> None:
    body = tree(file).body
    rest = [node for node in body if not isinstance(node, ast.Import | ast.ImportFrom)]
    if not rest:
        assert body == []
        return
    docstring, *listing = rest
    assert isinstance(docstring, ast.Expr)
    imported = {
        alias.asname or alias.name
        for node in body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    if not imported:
        assert listing == []
        return
    (assignment,) = listing
    assert isinstance(assignment, ast.Assign)
    assert ast.unparse(assignment.targets[0]) == "__all__"
    exported = ast.literal_eval(assignment.value)
    assert exported == sorted(exported, key=order)
    assert set(exported) == imported


def test_bridges_is_a_namespace_that_others_can_add_to() -> None:
    assert not (ROOT / "bridges" / "__init__.py").exists()


@pytest.mark.parametrize("name", FACE)
def test_the_public_face_has_every_class_that_an_adapter_meets(name: str) -> None:
    module = import_module(f"bridgekit.{name}")
    classes = {
        found
        for found, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__
    }
    hidden = {found for found in classes if found.startswith("_")} | INTERNAL
    assert classes - hidden <= set(bridgekit.__all__)


def test_no_case_that_hypothesis_tries_has_a_deadline() -> None:
    assert settings().deadline is None


@pytest.mark.parametrize("name", ["LaneManager", "lane_utils", "IRCHelper", "BaseClient", "base"])
def test_a_vague_name_is_seen(name: str) -> None:
    assert words(name) & FORBIDDEN


@pytest.mark.parametrize("name", ["Database", "Debase", "BASELINE", "managed", "utility"])
def test_a_name_that_only_contains_such_letters_is_not(name: str) -> None:
    assert not words(name) & FORBIDDEN
