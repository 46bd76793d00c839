"""The adapter that `new-adapter` writes is right where its author will not look at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from types import SimpleNamespace

import pytest
from aiohttp import ClientError, ClientTimeout
from matrix_bridgekit_tinychat import TinychatAdapter
from matrix_bridgekit_tinychat.client import TinychatClient, check
from matrix_bridgekit_tinychat.fake import fake_tinychat

from bridgekit import Deletion, Login, MatrixEvent, RetryLater
from bridgekit.testing.contract import AdapterContract, FakeNetwork
from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.story import Broken

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


class Careless(TinychatClient):
    async def delete(self, event: MatrixEvent[Deletion]) -> None:
        with suppress(ClientError):
            await super().delete(event)


class CarelessAdapter(TinychatAdapter):
    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[TinychatClient]:
        async with self.signed_in(login) as (me, http):
            yield Careless(me, login, http, self.host)


class OfTheCareless(Tinychat):
    adapter = CarelessAdapter


def test_the_fake_finds_out_who_swallows_what_a_deletion_raises() -> None:
    with pytest.raises(Broken, match="the Deletion is heard on the network after all"):
        OfTheCareless().test_a_deletion_that_is_lost_on_the_way_is_not_gone()


def test_the_fake_finds_out_who_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matrix_bridgekit_tinychat.adapter.SILENCE", ClientTimeout())
    with pytest.raises(Broken, match="'hello\\? hello\\?' is seen on Matrix"):
        Tinychat().test_a_connection_that_falls_silent_is_noticed()


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
