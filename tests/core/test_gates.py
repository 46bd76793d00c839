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


def closed(gates: Gates, network: NetworkName, login: LoginID) -> float | None:
    try:
        gates.check(network, login)
    except RetryLater as error:
        return error.after
    return None


async def test_an_open_gate_lets_everybody_through(gates) -> None:
    assert closed(gates, NET, ANN) is None


async def test_a_login_is_held_up_alone(gates, clock) -> None:
    gates.close(RetryLater("slow down", 10, Scope.LOGIN), NET, ANN)
    assert closed(gates, NET, ANN) == 10
    assert closed(gates, NET, BEN) is None
    await clock.advance(4)
    assert closed(gates, NET, ANN) == 6
    await clock.advance(6)
    assert closed(gates, NET, ANN) is None


@pytest.mark.parametrize("scope", [Scope.NETWORK, Scope.METHOD])
async def test_a_network_holds_up_all_of_its_logins(gates, scope) -> None:
    gates.close(RetryLater("slow down", 10, scope), NET, ANN)
    assert closed(gates, NET, BEN) == 10
    assert closed(gates, OTHER, ANN) is None


async def test_a_chat_holds_up_nobody_else(gates) -> None:
    gates.close(RetryLater("slow down", 10, Scope.CHAT), NET, ANN)
    assert closed(gates, NET, ANN) is None


async def test_without_a_number_only_the_lane_backs_off(gates) -> None:
    gates.close(RetryLater("slow down", None, Scope.NETWORK), NET, ANN)
    assert closed(gates, NET, ANN) is None


async def test_a_shorter_answer_does_not_open_the_gate(gates) -> None:
    """Two sends were on their way; the answer to the second is the older news."""
    gates.close(RetryLater("slow down", 60, Scope.NETWORK), NET, ANN)
    gates.close(RetryLater("a moment", 1, Scope.NETWORK), NET, ANN)
    assert closed(gates, NET, ANN) == 60


@pytest.mark.parametrize("after", [math.inf, math.nan, -1.0])
async def test_a_senseless_number_closes_no_gate_for_ever(gates, clock, after) -> None:
    gates.close(RetryLater("slow down", after, Scope.NETWORK), NET, ANN)
    await clock.advance(24 * 3600)
    assert closed(gates, NET, ANN) is None


async def test_what_it_says_is_what_the_network_said(gates) -> None:
    gates.close(RetryLater("Flood control", 10, Scope.LOGIN), NET, ANN)
    with pytest.raises(RetryLater, match="Flood control") as caught:
        gates.check(NET, ANN)
    assert caught.value.scope is Scope.LOGIN
