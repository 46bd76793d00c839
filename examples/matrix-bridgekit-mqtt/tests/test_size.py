"""The adapter stays small and modest. What counts is code: no blank lines, comments, docstrings."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

import matrix_bridgekit_mqtt

FOLDER = Path(matrix_bridgekit_mqtt.__file__).parent
_NO_CODE = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    *(tokenize.ENCODING, tokenize.ENDMARKER),
}


def lines_of_code(path: Path) -> int:
    source = path.read_text(encoding="utf-8")
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    code = {
        number
        for token in tokens
        if token.type not in _NO_CODE
        for number in range(token.start[0], token.end[0] + 1)
    }
    return len(code - set(_docstrings(source)))


def _docstrings(source: str) -> Iterator[int]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            if ast.get_docstring(node) is not None:
                yield from range(first.lineno, (first.end_lineno or first.lineno) + 1)


def test_the_adapter_has_less_than_120_lines() -> None:
    assert sum(map(lines_of_code, FOLDER.glob("*.py"))) < 120  # noqa: PLR2004 (the title's)


def test_what_it_speaks_of_mqtt_has_less_than_130() -> None:
    assert sum(map(lines_of_code, FOLDER.glob("mqtt/*.py"))) < 130  # noqa: PLR2004 (the title's)


def test_it_needs_nothing_but_what_the_pages_for_authors_have() -> None:
    modules = {
        node.module
        for path in [*FOLDER.rglob("*.py"), *Path(__file__).parent.glob("*.py")]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("bridgekit")
    }
    assert modules == {"bridgekit", "bridgekit.testing.contract"}
