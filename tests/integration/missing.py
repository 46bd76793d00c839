"""What a test does where a real server is missing: it skips with a sentence, and fails in CI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

import pytest

from bridgekit.testing.servers import ServerMissing

T = TypeVar("T")


@contextmanager
def or_skip(server: AbstractContextManager[T]) -> Iterator[T]:
    """The server, or a skipped test that says what to install."""
    try:
        running = server.__enter__()
    except ServerMissing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    try:
        yield running
    finally:
        server.__exit__(None, None, None)
