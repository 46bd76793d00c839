"""The tutorial works: everything in it is typed, from an empty folder on, and does what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.typing_along import ROOT, Printed, Reader, blocks, differs

PAGE = ROOT / "docs" / "adapters" / "tutorial.md"
pytestmark = [pytest.mark.sqlite, pytest.mark.timeout(900)]

NOT_TYPED = {  # and why
    "python3 -m venv .venv": "the reader of the test has an environment, made without a download",
    ". .venv/bin/activate": "it is that environment which is active",
    "pip install ../matrix-bridgekit": "it is there",
    "pip install build twine": "would be downloaded",
    "python -m build": "needs the line before",
    "twine upload dist/*": "would publish it",
}


def test_the_tutorial_is_true_from_the_first_line_to_the_last(tmp_path: Path) -> None:
    reader, printed = Reader(tmp_path), Printed("")
    left_out = set(NOT_TYPED)
    for block in blocks(PAGE):
        match block.language:
            case "sh":
                lines = block.text.splitlines()
                left_out -= set(lines)
                assert not printed.failed, printed.text[-5000:]
                printed = reader.types("\n".join(line for line in lines if line not in NOT_TYPED))
            case "text":
                assert printed.is_shown_by(block.text), printed.text[-5000:]
                printed = Printed(printed.text)
            case "diff":
                reader.changes(block.text)
    assert not printed.failed, printed.text[-5000:]
    assert not left_out, "is in no command of the page"


def test_what_is_not_printed_is_seen() -> None:
    assert differs("one\n…\nthr…", "one\ntwo\nthree") is None
    assert differs("two\none", "one\ntwo") == "one"
    assert differs("on", "one") == "on"
    assert not Printed("1 passed", failed=True).is_shown_by("… passed")
