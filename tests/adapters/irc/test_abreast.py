"""What one connection keeps of a channel that another tells: little, and it knows how little."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.irc import abreast
from bridges.irc.abreast import Abreast


def test_what_is_older_than_a_connection_may_be_silent_is_not_told_again():
    book = Abreast(60.0)
    book.hears("hi", 1, 0.0)
    book.hears("ho", 2, 100.0)
    assert book.take(150.0) == [2]
    book.stored("hi", 150.0)
    assert not book.skips("hi", 211.0)


@given(
    st.lists(st.tuples(st.sampled_from("hst"), st.integers(0, 9), st.integers(0, 9)), max_size=80)
)
def test_what_is_kept_is_bounded_and_what_is_left_out_is_known(acts):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(abreast, "KEPT", 5)
        patch.setattr(abreast, "BYTES", 20)
        small, all_ = Abreast(60.0), Abreast(60.0)
        for act, name, size in acts:
            for book in (small, all_):
                patch.setattr(abreast, "KEPT", 5 if book is small else 10_000)
                patch.setattr(abreast, "BYTES", 20 if book is small else 10_000)
                if act == "h":
                    book.hears(str(name), f"{name}", 0.0, size)
                elif act == "s":
                    book.stored(str(name), 0.0)
            assert len(small._ahead) <= 5
            assert len(small._behind) <= 5
            assert small._bytes == sum(size for *_, size in small._ahead) <= 20
        kept, whole = small.take(0.0), all_.take(0.0)
        assert kept == whole or small.missed
        assert not all_.missed
