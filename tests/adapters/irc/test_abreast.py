"""What one connection keeps of a channel that another tells: little, and it knows how little."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.irc import abreast
from bridges.irc.abreast import Abreast
from tests.fuzz.effort import tries


def test_what_is_older_than_a_connection_may_be_silent_is_not_told_again():
    book = Abreast(60.0)
    book.hears("hi", 1, 0.0)
    book.hears("ho", 2, 100.0)
    assert book.take(150.0) == [2]
    book.stored("hi", 150.0)
    assert not book.skips("hi", 211.0)


def test_who_hears_what_it_has_forgotten_to_be_told_knows_that_it_is_not_sure(monkeypatch):
    monkeypatch.setattr(abreast, "KEPT", 2)
    book = Abreast(60.0)
    for number in range(3):
        book.stored(f"{number}", 0.0)
    assert book.missed
    book.hears("0", 0, 0.0)
    book.hears("1", 1, 0.0)
    assert book.take(0.0) == [0]


def test_a_line_that_is_dropped_is_missed_also_where_a_later_one_reads_the_same(monkeypatch):
    monkeypatch.setattr(abreast, "KEPT", 2)
    book = Abreast(60.0)
    for text in ("ok", "no", "ok"):
        book.hears(text, text, 0.0)
    for text in ("ok", "no"):
        book.stored(text, 1.0)
    assert book.take(1.0) == []
    assert book.missed


def test_once_both_have_all_that_was_said_nothing_is_missed_any_more(monkeypatch):
    monkeypatch.setattr(abreast, "KEPT", 2)
    book = Abreast(60.0)
    for number in range(3):
        book.hears(f"{number}", number, 0.0)
    assert book.missed
    for number in range(3):
        book.stored(f"{number}", 0.0)
    book.hears("3", 3, 100.0)
    book.stored("3", 100.0)
    assert not book.missed


RUNS = st.lists(st.tuples(st.sampled_from("hs"), st.lists(st.integers(0, 9), max_size=8)))


@tries(100)
@given(RUNS)
def test_what_is_kept_is_bounded_and_what_is_left_out_is_known(runs):
    """Lines in one order, none of which says the same: so many are heard, and so many are told."""
    with pytest.MonkeyPatch.context() as patch:
        small, all_ = Abreast(60.0), Abreast(60.0)
        lines = {"h": 0, "s": 0}
        for kind, size in [(kind, size) for kind, sizes in runs for size in sizes]:
            name = f"{lines[kind]}"
            lines[kind] += 1
            for book in (small, all_):
                patch.setattr(abreast, "KEPT", 5 if book is small else 10_000)
                patch.setattr(abreast, "BYTES", 20 if book is small else 10_000)
                if kind == "h":
                    book.hears(name, name, 0.0, size)
                else:
                    book.stored(name, 0.0)
            assert len(small._ahead) <= 5
            assert len(small._behind) <= 5
            assert small._bytes == sum(size for *_, size in small._ahead) <= 20
        kept, whole = small.take(0.0), all_.take(0.0)
        assert whole == [f"{number}" for number in range(lines["s"], lines["h"])]
        assert kept == whole or small.missed
        assert not all_.missed
