"""No page has code of its own that no test runs."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from matrix_bridgekit_tinychat.config import TinychatConfig
from ruamel.yaml import YAML

from tests.docs.typing_along import ROOT, blocks

DOCS = ROOT / "docs"
PAGES = sorted(page for page in DOCS.rglob("*.md"))
EXAMPLES = sorted((DOCS / "examples").glob("*.py"))

TYPED_ALONG = {DOCS / "adapters" / "tutorial.md"}  # by test_tutorial
_OLD = "postgresql://bridgekit@old.example.org/bridgekit"
_NEW = "postgresql://bridgekit@new.example.org/bridgekit"
_SERVER = "postgresql://postgres@new.example.org/postgres"
_MOVED = "tests/core/operating/test_backup_postgresql"
ELSEWHERE = {  # what runs or checks it
    "bridgekit new-adapter pager": "tests/core/cli/test_new_adapter",
    "createuser --pwprompt bridgekit": "asks for a password, of PostgreSQL's own",
    "createdb --owner bridgekit --encoding UTF8 --template template0 bridgekit": "PostgreSQL's own",
    ".venv/bin/bridgekit trace BK-7F3K2Q -c config.yaml": "tests/core/test_docs_commands",
    ".venv/bin/bridgekit sign-in telegram --for @alice:example.org": "sign_in/test_at_a_terminal",
    "bridgekit queue --by reason": "tests/core/cli/test_queue_whole",
    "bridgekit queue retry --all --reason login_refused --dry-run": "core/cli/test_queue_whole",
    "bridgekit queue retry --all --reason login_refused": "tests/core/cli/test_queue_whole",
    "bridgekit queue drop --all --reason expired --older '7 days'": "core/cli/test_queue_whole",
    "bridgekit backup /var/backups/bridgekit.db": "tests/core/cli/test_backup",
    "bridgekit restore /var/backups/bridgekit.db": "tests/core/cli/test_backup",
    ".venv/bin/bridgekit sign-in slack --relay": "tests/core/sign_in/test_at_a_terminal",
    f"pg_dump --format custom --file bridgekit.dump {_OLD}": _MOVED,
    f"createdb --template template0 --encoding UTF8 --maintenance-db {_SERVER} bridgekit": _MOVED,
    f"pg_restore --no-owner --exit-on-error --dbname {_NEW} bridgekit.dump": _MOVED,
}


def test_every_command_is_typed_by_a_test_or_named_here_with_the_reason() -> None:
    lines = {
        line
        for page in PAGES
        if page not in TYPED_ALONG
        for block in blocks(page)
        if block.language == "sh"
        for line in block.text.splitlines()
    }
    assert lines == set(ELSEWHERE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_python_is_included_from_files_that_tests_run(page: Path) -> None:
    assert [block for block in blocks(page) if block.language in ("python", "py")] == []


def test_every_example_is_on_a_page_and_in_a_test() -> None:
    pages = "".join(page.read_text("utf-8") for page in PAGES)
    tests = "".join(file.read_text("utf-8") for file in Path(__file__).parent.glob("test_*.py"))
    for file in EXAMPLES:
        if file.name != "__init__.py":
            assert f"examples/{file.name}" in pages
            assert re.search(rf"from docs\.examples(\.| import ){file.stem}\b", tests)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_imports_what_an_adapter_may(file: Path) -> None:
    imported = {
        node.module
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module
    }
    assert {name for name in imported if name.startswith("bridgekit.")} == set()


def test_the_configuration_of_the_tutorial_can_be_used() -> None:
    (page,) = TYPED_ALONG
    (snippet,) = [block.text for block in blocks(page) if block.language == "yaml"]
    (entry,) = YAML(typ="safe").load(snippet)["networks"].values()
    own = {key: value for key, value in entry.items() if key not in {"adapter", "links"}}
    assert TinychatConfig.model_validate(own).url == "https://tinychat.example.org"
