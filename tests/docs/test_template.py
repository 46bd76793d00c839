"""The adapter that `new-adapter` writes is right where its author will not look at once."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from types import SimpleNamespace

import pytest
from matrix_bridgekit_tinychat import TinychatAdapter
from matrix_bridgekit_tinychat.client import check
from matrix_bridgekit_tinychat.fake import fake_tinychat

from bridgekit import RetryLater
from bridgekit.testing.contract import AdapterContract, FakeNetwork
from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import Stage

pytestmark = pytest.mark.sqlite


class Tinychat(AdapterContract):
    adapter = TinychatAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fake_tinychat()

    @scenario()
    async def quiet(self, stage: Stage) -> None:
        before = stage.watch.connected
        await stage.quiet(3600)
        assert stage.watch.connected == before
        await stage.said("bob", "at last")
        await stage.seen("at last")


def test_a_quiet_hour_breaks_no_connection() -> None:
    Tinychat().quiet()


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "²"}, None),
        ({"Retry-After": "inf"}, None),
    ],
)
def test_a_request_for_a_pause_is_never_in_doubt(
    headers: dict[str, str], after: float | None
) -> None:
    with pytest.raises(RetryLater) as raised:
        check(SimpleNamespace(status=429, headers=headers))  # type: ignore[arg-type]
    assert raised.value.after == after
