"""Names of files that strangers chose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit.media.names import LONGEST, cleaned, ending
from tests.fuzz.effort import tries


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("holiday.jpg", "holiday.jpg"),
        ("Größe 1.PDF", "Größe 1.PDF"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/etc/", "etc"),
        (".bashrc", "bashrc"),
        ("...", "file"),
        ("", "file"),
        ("/", "file"),
        ("evil\u202egpj.exe", "evilgpj.exe"),
        ("a\u200bb\ufeff\u2066.txt", "ab.txt"),
        ("a\r\nSet-Cookie: x", "aSet-Cookie_ x"),
        ("a\0b", "ab"),
        ("half \ud83d", "half"),
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("console.txt", "console.txt"),
        ('a<b>:"|?*.txt', "a_b______.txt"),
        ("e\u0301.txt", "é.txt"),
        ("a   b.txt ", "a b.txt"),
    ],
)
def test_a_hostile_name_is_cleaned(name: str, clean: str) -> None:
    assert cleaned(name) == clean


def test_a_long_name_keeps_its_ending() -> None:
    assert cleaned("ä" * 500 + ".jpeg") == "ä" * ((LONGEST - 5) // 2) + ".jpeg"


@tries(100)
@given(st.text(alphabet=st.characters(), max_size=300))
def test_whatever_a_name_is_the_clean_one_is_safe_short_and_stays_so(name: str) -> None:
    clean = cleaned(name)
    assert clean
    assert len(clean.encode()) <= LONGEST + 1
    assert not set(clean) & set('/\\\0\r\n<>:"|?*')
    assert not clean.startswith(".")


@pytest.mark.parametrize(
    ("name", "tail"), [("a.jpg", ".jpg"), ("a", ""), ("a.tar.gz", ".gz"), ("a.j pg", "")]
)
def test_an_ending_is_what_a_reader_judges_by(name: str, tail: str) -> None:
    assert ending(name) == tail
