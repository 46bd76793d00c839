"""Nothing is imported that is only there because something else happens to need it."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = {"bridgekit", "bridges"}
PART_OF = {"pydantic_core": "pydantic", "yarl": "aiohttp"}  # whose own interface speaks of them


def imported() -> Iterator[tuple[str, str]]:
    """Each library, with a file that imports it."""
    for package in OURS:
        for file in sorted((ROOT / package).rglob("*.py")):
            if "adapter-template" in file.parts:
                continue  # a project of its own
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names = [node.module]
                else:
                    names = []
                for name in names:
                    yield name.partition(".")[0], str(file.relative_to(ROOT))


def named(requirement: str) -> str:
    return re.split(r"[ \[<>=!~;]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def test_every_library_that_is_imported_is_a_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    declared = {named(one) for some in (project["dependencies"], *extras) for one in some}
    installed = packages_distributions()
    undeclared = {}
    for library, file in imported():
        if library in OURS or library in sys.stdlib_module_names or library in PART_OF:
            continue
        if not {named(one) for one in installed.get(library, ())} & declared:
            undeclared[library] = file
    assert undeclared == {}
