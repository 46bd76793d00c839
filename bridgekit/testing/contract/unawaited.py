"""Coroutines that somebody forgot to await: what they were to do has not been done."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from bridgekit.testing.contract.story import Broken

_MESSAGE = "coroutine '.*' was never awaited"


@contextmanager
def all_awaited() -> Iterator[None]:
    """Python only warns of these; here it is `Broken`. Other warnings pass as they are."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("always", message=_MESSAGE, category=RuntimeWarning)
        try:
            yield
        except Exception as error:
            for words in _forgotten(caught):
                error.add_note(words)
            raise
    for one in caught:
        if not _is_forgotten(one):
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    if forgotten := _forgotten(caught):
        raise Broken(f"What is not awaited is not done: {'; '.join(forgotten)}.")


def _forgotten(caught: list[warnings.WarningMessage]) -> list[str]:
    """Each once, with where."""
    found = (f"{one.message} ({one.filename}:{one.lineno})" for one in caught if _is_forgotten(one))
    return list(dict.fromkeys(found))


def _is_forgotten(one: warnings.WarningMessage) -> bool:
    return issubclass(one.category, RuntimeWarning) and "was never awaited" in str(one.message)
