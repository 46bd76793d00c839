"""What a network asked for holds for whom it names, as long as it said, and no longer."""

from __future__ import annotations

import math

import pytest

from bridgekit.errors import RetryLater, Scope
from bridgekit.gates import Gates
from bridgekit.ids import LoginID, NetworkName
from bridgekit.testing.clock import VirtualClock

NET, OTHER = NetworkName("net"), NetworkName("other")
ANN, BEN = LoginID("net:ann"), LoginID("net:ben")


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def gates(clock) -> Gates:
    return Gates(clock)


def close(gates: Gates, error: RetryLater, act: str = "Saying") -> None:
    gates.close(error, NET, ANN, act)


def closed(gates: Gates, network: NetworkName, login: LoginID, act: str = "Saying") -> float | None:
    try:
        gates.check(network, login, act)
    except RetryLater as error:
        return error.after
    return None


async def test_an_open_gate_lets_everybody_through(gates) -> None:
    assert closed(gates, NET, ANN) is None


async def test_a_login_is_held_up_alone(gates, clock) -> None:
    close(gates, RetryLater("slow down", 10, Scope.LOGIN))
    assert closed(gates, NET, ANN) == 10
    assert closed(gates, NET, BEN) is None
    await clock.advance(4)
    assert closed(gates, NET, ANN) == 6
    await clock.advance(6)
    assert closed(gates, NET, ANN) is None


async def test_a_network_holds_up_all_of_its_logins(gates) -> None:
    close(gates, RetryLater("slow down", 10, Scope.NETWORK))
    assert closed(gates, NET, BEN) == 10
    assert closed(gates, OTHER, ANN) is None


async def test_a_method_holds_up_what_its_login_does_of_that_kind(gates) -> None:
    close(gates, RetryLater("slow down", 10, Scope.METHOD), "Reacting")
    assert closed(gates, NET, ANN, "Reacting") == 10
    assert closed(gates, NET, ANN, "Saying") is None
    assert closed(gates, NET, BEN, "Reacting") is None


async def test_a_chat_holds_up_nobody_else(gates) -> None:
    close(gates, RetryLater("slow down", 10, Scope.CHAT))
    assert closed(gates, NET, ANN) is None


async def test_without_a_number_only_the_lane_backs_off(gates) -> None:
    close(gates, RetryLater("slow down", None, Scope.NETWORK))
    assert closed(gates, NET, ANN) is None


async def test_a_shorter_answer_does_not_open_the_gate(gates) -> None:
    """Two sends were on their way; the answer to the second is the older news."""
    close(gates, RetryLater("slow down", 60, Scope.NETWORK))
    close(gates, RetryLater("a moment", 1, Scope.NETWORK))
    assert closed(gates, NET, ANN) == 60


@pytest.mark.parametrize("after", [math.inf, math.nan, -1.0])
async def test_a_senseless_number_closes_no_gate_for_ever(gates, clock, after) -> None:
    close(gates, RetryLater("slow down", after, Scope.NETWORK))
    await clock.advance(24 * 3600)
    assert closed(gates, NET, ANN) is None


async def test_what_it_says_is_what_the_network_said(gates) -> None:
    close(gates, RetryLater("Flood control", 10, Scope.LOGIN))
    with pytest.raises(RetryLater, match="Flood control") as caught:
        gates.check(NET, ANN, "Saying")
    assert caught.value.scope is Scope.LOGIN
