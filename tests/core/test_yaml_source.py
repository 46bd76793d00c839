"""A YAML file as data with places, and broken YAML as sentences."""

import os
from pathlib import Path

import pytest

from bridgekit.configuration.yaml_source import Place, parse, parse_value, read, spell
from bridgekit.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: 1\n\tb: 2", "config.yaml:2:1 there is a tab; indent with spaces only"),
        ("a: @x", "config.yaml:1:4 a value cannot start with @; put it in single quotes"),
        ("a: 1\n b: 2", "config.yaml:2:3 a colon is where none can be"),
        ("*: relay", "what starts with * must be quoted"),
        ("a: 'x", "a quote is opened in line 1 and never closed"),
        ("a: 1\nb: 'x\nc: 2\n", "config.yaml:2:4 a quote is opened in line 2 and never closed"),
        (
            'a: "x\nb: 1\nc: "y"\n',
            "a quote is opened in line 1 and closed in line 3 only; close it",
        ),
        ("a: 1\nb\nc: 2\n", "config.yaml:2:1 this line is no `key: value`"),
        ("a:\n  b: 1\n   c: 2\n", "config.yaml:3:"),
        ("a: {chat: #x}", "quote values that start with #"),
        ('a: "\\."', "use single quotes"),
        ("a: !hunter2 x", "config.yaml:1:4 a value cannot start with !"),
        ("a: 'it's'", "double a quote in quotes"),
        ("a: &a [*a]", "config.yaml:1:4"),
        ("a: 1\n---\nb: 1", "a second document starts"),
        ("a: 1\nb", "this line is no `key: value`"),
        ("a: \x07", "config.yaml:1:1 there is a character that YAML forbids"),
        ("- a", "the file holds no `key: value` lines"),
        ("", "the file is empty"),
    ],
)
def test_broken_yaml_is_explained(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse("config.yaml", text)
    (fault,) = raised.value.faults
    assert sentence in fault
    assert "; " in fault


def test_what_never_ends_is_not_read_to_its_end_and_a_pipe_is_a_file() -> None:
    with pytest.raises(ConfigError, match="far too large"):
        read(Path("/dev/zero"))
    out, into = os.pipe()
    os.write(into, b"a: 1\n")
    os.close(into)
    try:
        assert read(Path(f"/dev/fd/{out}")).data == {"a": 1}
    finally:
        os.close(out)


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path, words in [
        (tmp_path / "missing.yaml", "there is no such file"),
        (tmp_path, "this is a folder"),
        (binary, "this is not UTF-8 text"),
    ]:
        with pytest.raises(ConfigError, match=words):
            read(path)


def test_every_value_has_its_place() -> None:
    document = parse("x", "a: 1\nb:\n  - {c: 2}\n  - d\ne:\n")
    assert document.place(("a",)) == Place(1, 4)
    assert document.place(("a",), key=True) == Place(1, 1)
    assert document.place(("b", 0, "c")) == Place(3, 9)
    assert document.place(("b", 1), key=True) == Place(4, 5)
    assert document.place(("e",)) == Place(5, 1), "nothing stands where its key stands"
    assert document.place(("b", 0, "missing")) == Place(3, 5), "what is missing: where it belongs"
    assert document.place(("missing",)) == Place(1, 1)


def test_doubled_keys_and_keys_that_are_no_text_are_all_found_and_the_first_counts() -> None:
    document = parse("x", "a: {c: 1, d: 0}\na: {c: 2, c: 3}\n5: x\n[y]: z\nb: {e: 1, e: 2}\n")
    assert document.data == {"a": {"c": 1, "d": 0}, "b": {"e": 1}}
    assert [where for where, _ in document.faults] == [("a",), ("5",), ("?",), ("b", "e")]


def test_a_date_is_left_as_its_text() -> None:
    assert parse("x", "a: 2026-13-45\nb: 2026-01-01\n").data == {
        "a": "2026-13-45",
        "b": "2026-01-01",
    }


def test_anchors_and_merges_work() -> None:
    document = parse("x", "a: &a {x: 1}\nb: {<<: *a, y: 2}\n")
    assert document.data["b"] == {"x": 1, "y": 2}
    assert document.faults == ()


def test_a_byte_order_mark_is_no_content(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read(path).data == {"a": 1}


def test_a_single_value_is_parsed_or_refused() -> None:
    assert parse_value("[a, b]") == ["a", "b"]
    with pytest.raises(ValueError, match="is not valid YAML"):
        parse_value("[a")


def test_the_way_to_a_value_is_spelt_without_control_characters() -> None:
    assert spell(("a", 0, "b-c")) == "a[0].b-c"
    assert spell(("p", "@me:x.org")) == 'p["@me:x.org"]'
    assert spell(("p", "\x1b[31m\n")) == 'p["\\u001b[31m\\n"]'
