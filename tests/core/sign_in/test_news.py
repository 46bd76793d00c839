"""What people are told of how their logins stand: once, and only what lasts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from bridgekit.adapter import LoginState
from bridgekit.ids import LoginID, NetworkName, RemoteUserID, UserID
from bridgekit.login.news import AFTER, LoginNews
from bridgekit.login_row import LoginKind, LoginRow
from bridgekit.testing.clock import VirtualClock, settle

ALICE, LOGIN = UserID("@alice:example.org"), LoginID("bank:1")
BOB = UserID("@bob:example.org")
ROW = LoginRow(
    LOGIN, NetworkName("bank"), ALICE, "", RemoteUserID("carol"), kind=LoginKind.SIGNED_IN
)


class Stage:
    """Stands for what knows the logins, and for what tells people."""

    def __init__(self, row: LoginRow) -> None:
        self.known = row
        self.said: list[str] = []
        self.admins = [ALICE, BOB]
        self.unreadable: dict[LoginID, LoginRow] = {}
        self.clock = VirtualClock()
        titles = {NetworkName("bank"): "The Bank"}
        self.news = LoginNews(self, self, titles, lambda: self.admins, self.clock)  # type: ignore[arg-type]  # it answers what it is asked

    def row(self, _: LoginID) -> LoginRow | None:
        return None if self.known.kind is LoginKind.CONFIGURED else self.known

    async def kept(self, _: LoginID) -> LoginRow:
        return self.known

    def remember(self, row: LoginRow) -> None:
        self.known = row

    async def tell_all_with(self, _: object, users: Sequence[UserID], text: str, key: str) -> None:
        assert [*users] == ([ALICE] if self.known.owner else self.admins)
        assert key
        self.said.append(text)

    async def moves(self, *states: LoginState, why: str = "") -> None:
        for state in states:
            self.news.moved(LOGIN, state, why)
            await settle()


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async for one in running(ROW):
        yield one


async def running(row: LoginRow) -> AsyncIterator[Stage]:
    async with asyncio.TaskGroup() as group:
        stage = Stage(row)
        task = group.create_task(stage.news.run())
        yield stage
        task.cancel()


CONNECTING, ONLINE = LoginState.CONNECTING, LoginState.ONLINE
BACKOFF, REFUSED = LoginState.BACKOFF, LoginState.REFUSED


async def test_what_comes_and_goes_is_told_nobody(stage: Stage) -> None:
    for _ in range(5):
        await stage.moves(CONNECTING, ONLINE, BACKOFF, CONNECTING, BACKOFF)
        await stage.clock.advance(AFTER - 1)
        await stage.moves(CONNECTING, ONLINE)
    await stage.clock.advance(AFTER * 2)
    assert stage.said == []


async def test_a_long_interruption_is_told_once_and_its_end(stage: Stage) -> None:
    await stage.moves(CONNECTING, ONLINE)
    for _ in range(3):
        await stage.moves(BACKOFF, CONNECTING, why="the network is away")
        await stage.clock.advance(AFTER)
    (said,) = stage.said
    assert said.startswith("⚠ The Bank: your login carol has had no connection for a while")
    assert "(the network is away). I keep trying" in said
    await stage.moves(ONLINE)
    assert stage.said[1:] == ["The Bank: your login carol is connected again."]


async def test_a_refusal_is_told_once_also_over_a_restart(stage: Stage) -> None:
    await stage.moves(CONNECTING, REFUSED, CONNECTING, REFUSED, why="Your password has changed.")
    (said,) = stage.said
    assert said.startswith("⚠ The Bank: your login carol is not let in any more, sign in again")
    assert said.endswith("Your password has changed.")
    async for restarted in running(stage.known):
        await restarted.moves(CONNECTING, REFUSED, BACKOFF)
        await restarted.clock.advance(AFTER)
        assert restarted.said == []
        await restarted.moves(CONNECTING, ONLINE)
        assert len(restarted.said) == 1


async def test_nobody_is_told_of_logins_that_come_and_go() -> None:
    async for stage in running(replace(ROW, kind=LoginKind.AUTOMATIC)):
        await stage.moves(CONNECTING, REFUSED, why="No.")
        assert stage.said == []


async def test_of_the_bridges_own_logins_the_admins_are_told() -> None:
    async for stage in running(replace(ROW, owner=None)):
        await stage.moves(CONNECTING, REFUSED, CONNECTING, REFUSED, why="No.")
        (said,) = stage.said
        assert said.startswith("⚠ The Bank: the bridge's own login carol is not let in any more")
        assert f"sign-in {ROW.network} --again {ROW.id}" in said


async def test_of_a_login_of_the_configuration_they_are_told_to_mend_that() -> None:
    async for stage in running(replace(ROW, owner=None, kind=LoginKind.CONFIGURED)):
        await stage.moves(CONNECTING, REFUSED, why="No.")
        (said,) = stage.said
        assert f"mend the configuration of {ROW.network}, and restart the bridge. No." in said
        assert "sign in" not in said


async def test_of_the_bridges_own_logins_those_are_told_who_are_admins_now() -> None:
    async for stage in running(replace(ROW, owner=None)):
        stage.admins = [BOB]  # by a reload
        await stage.moves(CONNECTING, REFUSED, why="No.")
        assert len(stage.said) == 1


async def test_one_of_our_own_that_is_let_in_and_refused_again_is_told_of_once() -> None:
    """As an account without credit may be, each time that it is tried again."""
    async for stage in running(replace(ROW, owner=None)):
        for _ in range(5):
            await stage.moves(CONNECTING, ONLINE, REFUSED, why="Your balance is empty.")
            await stage.clock.advance(2 * AFTER)
        assert len(stage.said) == 1
        await stage.moves(CONNECTING, ONLINE)
        await stage.clock.advance(AFTER)
        await settle()
        assert stage.said[1:] == ["The Bank: the bridge's own login carol is connected again."]
