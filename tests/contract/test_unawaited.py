"""A coroutine that nobody awaits is `Broken`, whatever the test run does with warnings."""

from __future__ import annotations

import warnings

import pytest

from bridgekit.testing.contract.story import Broken
from bridgekit.testing.contract.unawaited import all_awaited


async def check() -> None:
    raise NotImplementedError


def forget() -> None:
    with all_awaited():
        check()  # type: ignore[unused-coroutine]  # the fault


def forget_and_break() -> None:
    with all_awaited():
        check()  # type: ignore[unused-coroutine]  # the fault
        raise Broken("This never happens")


def test_what_is_not_awaited_is_named_with_its_place():
    with pytest.raises(Broken, match=r"coroutine 'check' was never awaited \(.*test_unawaited"):
        forget()


def test_where_something_else_is_broken_it_is_told_beside_that():
    with pytest.raises(Broken, match="This never happens") as raised:
        forget_and_break()
    assert "coroutine 'check' was never awaited" in raised.value.__notes__[0]


def warn() -> None:
    with all_awaited():
        warnings.warn("odd", RuntimeWarning, stacklevel=1)


def test_other_warnings_are_none_of_its_business():
    with pytest.warns(RuntimeWarning, match="odd"):
        warn()
