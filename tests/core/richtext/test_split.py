"""Splitting: where the cuts fall, what stays whole, and what formatting is carried over."""

import pytest

from bridgekit.richtext import (
    Bold,
    CodeBlock,
    Link,
    List,
    Measure,
    Mention,
    Paragraph,
    Quote,
    RichText,
    Spoiler,
    Table,
    Text,
    chars,
    from_plain,
    plain,
    split,
    utf8,
    utf16,
)


def texts(rich: RichText, limit: int, measure: Measure = chars) -> list[str]:
    return [plain(part) for part in split(rich, limit, measure)]


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 5, ["short"]),
        ("", 5, []),
        (" \n ", 5, []),
        ("aa bb cc", 5, ["aa bb", "cc"]),
        ("aaaa bbbb cccc", 5, ["aaaa", "bbbb", "cccc"]),
        ("aaa\nbb cc dd", 9, ["aaa\nbb cc", "dd"]),
        ("aaaa\nbb cc dd", 8, ["aaaa", "bb cc dd"]),
        ("aaaaaa\n\nbb\ncc dd", 12, ["aaaaaa", "bb\ncc dd"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("a bcdefgh", 5, ["a", "bcdef", "gh"]),
        ("a\n\n\n  b", 3, ["a", "  b"]),
    ],
)
def test_a_cut_falls_on_the_best_place(text: str, limit: int, expected: list[str]) -> None:
    assert texts(from_plain(text), limit) == expected


@pytest.mark.parametrize(
    "whole",
    [
        "e\u0301",
        "👨\u200d👩\u200d👧",
        "👍\U0001f3fd",
        "❤\ufe0f",
        "1\ufe0f\u20e3",
        "\U0001f1e9\U0001f1ea",
        "🏴\U000e0067\U000e0062\U000e007f",
        "\u1100\u1161\u11a8",
    ],
)
def test_what_people_see_as_one_character_stays_whole(whole: str) -> None:
    parts = texts((Text(whole * 20),), 13)
    assert "".join(parts) == whole * 20
    assert all(part == whole * (len(part) // len(whole)) for part in parts)


def test_a_character_longer_than_the_limit_is_cut_between_code_points() -> None:
    assert texts((Text("e" + "\u0301" * 5),), 2) == ["e\u0301", "\u0301\u0301", "\u0301\u0301"]


def test_a_code_point_longer_than_the_limit_is_a_part() -> None:
    assert texts((Text("😀a"),), 2, utf8) == ["😀", "a"]


@pytest.mark.parametrize(("measure", "count"), [(chars, 1), (utf16, 2), (utf8, 4)])
def test_each_measure_counts_its_own_units(measure: Measure, count: int) -> None:
    assert measure("😀") == count
    assert measure("\ud800") in {1, 3}  # half a pair is sent as U+FFFD
    assert {measure(part) for part in texts((Text("😀" * 40),), 4 * count, measure)} == {4 * count}


def test_formatting_goes_on_in_the_next_part() -> None:
    assert split((Text("a "), Bold((Text("bb cc"), Text(" dd"))), Text(" e")), 5) == [
        (Text("a "), Bold((Text("bb"),))),
        (Bold((Text("cc dd"),)),),
        (Text("e"),),
    ]


def test_a_code_block_in_parts_is_code_blocks_with_their_indentation() -> None:
    assert split((CodeBlock("if a:\n    b()\n    c()", "py"),), 14) == [
        (CodeBlock("if a:\n    b()", "py"),),
        (CodeBlock("    c()", "py"),),
    ]


def test_an_ordered_list_counts_on() -> None:
    items = tuple((Text(f"item {n}"),) for n in range(4))
    assert texts((List(items, 8),), 20) == ["8. item 0\n9. item 1", "10. item 2", "11. item 3"]


def test_the_marks_of_quotes_count() -> None:
    assert texts((Quote((Text("aaa bbb ccc"),)),), 9) == ["> aaa bbb", "> ccc"]


def test_only_the_part_with_the_first_row_has_a_heading() -> None:
    rows = tuple(((Text(f"row{n}"),), (Text("x"),)) for n in range(3))
    assert split((Table(rows, header=True),), 17) == [
        (Table(rows[:2], header=True),),
        (Table(rows[2:]),),
    ]


def test_a_url_is_not_cut_where_it_fits() -> None:
    link = Link((Text("https://example.org/a-path"),), "https://example.org/a-path")
    assert split((Text("see there: "), link, Text(" now")), 30) == [
        (Text("see there:"),),
        (link, Text(" now")),
    ]


def test_a_mention_is_never_cut_unless_it_fits_nowhere() -> None:
    mention = Mention("somebody")
    assert split((Text("hello "), mention), 10) == [(Text("hello"),), (mention,)]
    assert texts((Text("hello "), mention), 5) == ["hello", "someb", "ody"]


@pytest.mark.parametrize(
    "rich",
    [
        (Link((Text("label"),), "https://example.org/" + "x" * 50),),
        (Link((Text("https://example.org/" + "x" * 50),), "https://example.org/" + "x" * 50),),
        (Spoiler((Text("text"),), "reason " * 10),),
    ],
)
def test_what_a_part_cannot_hold_becomes_text(rich: RichText) -> None:
    assert "".join(texts(rich, 20)).replace(" ", "") == plain(rich).replace(" ", "")


def test_formatting_that_leaves_no_room_is_given_up_and_the_text_kept() -> None:
    rich: RichText = (Paragraph((Text("word"),)),)
    for _ in range(12):
        rich = (Quote(rich),)
    parts = texts(rich, 10)
    assert max(map(len, parts)) <= 10
    assert "".join(parts).replace(">", "").strip() == "word"


@pytest.mark.parametrize(
    "text", ["word " * 13_107, "x" * 65_536, "\n" * 65_535 + "x", "e\u0301" * 32_768]
)
def test_64_kib_are_split_without_loss(text: str) -> None:
    for rich in (from_plain(text), (Quote((Bold((Text(text),)),)),)):
        parts = texts(rich, 400, utf8)
        assert max(map(utf8, parts)) <= 400
        kept = "".join(parts).translate({ord(c): None for c in "> \n"})
        assert kept == "".join(text.split())
