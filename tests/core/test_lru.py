"""A bounded memory forgets what was not used for longest."""

from hypothesis import given
from hypothesis import strategies as st

from bridgekit.lru import LRU


def test_the_least_used_is_forgotten() -> None:
    memory: LRU[str, int] = LRU(2)
    assert memory.put("a", 1) == 1
    memory.put("b", 2)
    assert memory.get("a") == 1
    memory.put("c", 3)
    assert (memory.get("a"), memory.get("b"), memory.get("c")) == (1, None, 3)


def test_what_is_put_again_is_new() -> None:
    memory: LRU[str, int] = LRU(2)
    for key, value in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        memory.put(key, value)
    assert (memory.get("a"), memory.get("b")) == (3, None)


def test_what_is_forgotten_on_purpose_is_gone() -> None:
    memory: LRU[str, int] = LRU(2)
    memory.put("a", 1)
    memory.forget("a")
    memory.forget("never there")
    assert memory.get("a") is None


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans())), st.integers(1, 5))
def test_it_holds_no_more_than_it_may_and_the_latest_of_them(
    uses: list[tuple[int, bool]], size: int
) -> None:
    memory: LRU[int, int] = LRU(size)
    recent: list[int] = []
    for key, put in uses:
        if put:
            memory.put(key, -key)
        elif memory.get(key) is None:
            continue
        recent = [key, *(one for one in recent if one != key)][:size]
    assert set(memory._items) == set(recent)
    assert all(memory.get(key) == -key for key in recent)
