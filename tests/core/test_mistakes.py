"""The table of mistakes: complete, of one form, and each made for real in some test."""

from __future__ import annotations

import os
import re
from pathlib import Path

from bridgekit.mistakes.table import mistakes, table

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "mistakes.md"
MARK = "tests/core/test_mistakes.py -->\n\n"


def test_the_page_is_what_the_code_says() -> None:
    head, mark, rest = PAGE.read_text().partition(MARK)
    if os.environ.get("BRIDGEKIT_REGENERATE") == "1":
        PAGE.write_text(f"{head}{mark}{table()}")
        rest = table()
    assert rest == table(), "run this test with BRIDGEKIT_REGENERATE=1"


def test_ids_are_unique_and_sentences_are_sentences() -> None:
    found = [one for _, one in mistakes()]
    assert len({one.id for one in found}) == len(found)
    for one in found:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one.id), one.id
        assert one.what.endswith("."), one.id
        assert one.why.endswith("."), one.id
        assert one.fix, one.id


def test_what_the_commands_find_has_a_name() -> None:
    unnamed = re.compile(r"\bFinding\(\s*Severity\.(?:ERROR|WARNING)")
    folders = [ROOT / "bridgekit" / "cli" / "doctor", ROOT / "bridgekit" / "registration"]
    files = [file for folder in folders for file in folder.glob("*.py")]
    assert len(files) > 20
    assert [file.name for file in files if unnamed.search(file.read_text())] == []


def test_each_mistake_is_made_in_a_test() -> None:
    here = Path(__file__)
    texts = "\n".join(
        file.read_text() for file in (ROOT / "tests").rglob("test_*.py") if file != here
    )
    assert [one.id for _, one in mistakes() if f'"{one.id}' not in texts] == []
