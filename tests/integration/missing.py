"""What a test does where what it needs is missing: it skips with a sentence, and fails in CI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from typing import NoReturn, TypeVar

import pytest

from bridgekit.testing.servers import ServerMissing

T = TypeVar("T")


def skip(why: str) -> NoReturn:
    """What the test needs is not here: it is skipped, and fails in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


def need(module: str) -> None:
    """What an extra installs."""
    try:
        import_module(module)
    except ModuleNotFoundError:
        skip(f"There is no module {module}")


@contextmanager
def or_skip(server: AbstractContextManager[T]) -> Iterator[T]:
    """The server, or a skipped test that says what to install."""
    try:
        running = server.__enter__()
    except ServerMissing as missing:
        skip(str(missing))
    try:
        yield running
    finally:
        server.__exit__(None, None, None)
