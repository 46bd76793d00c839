"""What is missing where all is to be tested fails there: a check that is skipped says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bridgekit.testing.servers import ServerMissing
from tests.core.cli import test_made_adapter
from tests.docs import typing_along
from tests.integration.missing import need, or_skip


@contextmanager
def absent() -> Iterator[None]:
    raise ServerMissing("There is no server")
    yield


def lacking_a_server(_: pytest.MonkeyPatch) -> None:
    with or_skip(absent()):
        pass


def lacking_uv_for_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    typing_along._uv()


def lacking_uv_for_an_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    test_made_adapter.fresh(test_made_adapter.ROOT, [], [])


def lacking_a_module(_: pytest.MonkeyPatch) -> None:
    need("no_such.module")


LACKING = [
    lacking_a_server,
    lacking_a_module,
    lacking_uv_for_a_page,
    lacking_uv_for_an_adapter,
]


@pytest.mark.parametrize("lacking", LACKING)
@pytest.mark.parametrize(
    ("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)]
)
def test_what_is_missing_skips_a_test_and_fails_it_in_ci(monkeypatch, lacking, ci, outcome):
    monkeypatch.setenv("CI", ci)
    either = (pytest.fail.Exception, pytest.skip.Exception)  # a skip would end this test, too
    with pytest.raises(either, match=r"no (server|uv|module)") as raised:
        lacking(monkeypatch)
    assert raised.type is outcome
