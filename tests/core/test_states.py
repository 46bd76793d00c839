"""Which state follows which."""

from itertools import product

import pytest

from bridgekit.adapter import LoginState
from bridgekit.models import PortalState
from bridgekit.states import LOGIN, PORTAL, LoginMove, next_login_state

MOVES = list(product(LoginState, LoginMove))


@pytest.mark.parametrize(("state", "move"), MOVES)
def test_a_login_moves_as_the_table_says_or_not_at_all(state: LoginState, move: LoginMove) -> None:
    if (state, move) in LOGIN:
        assert next_login_state(state, move) is LOGIN[state, move]
    else:
        with pytest.raises(ValueError, match=f"a login that is {state} cannot be {move}"):
            next_login_state(state, move)


def test_every_login_state_can_be_reached_and_left() -> None:
    assert {state for state, _ in LOGIN} == set(LoginState)
    assert set(LOGIN.values()) == set(LoginState)


def test_a_login_gets_online_only_by_connecting() -> None:
    before = {state for (state, _), after in LOGIN.items() if after is LoginState.ONLINE}
    assert before == {LoginState.CONNECTING}


def test_a_refused_login_does_nothing_until_it_is_wanted_again() -> None:
    moves = {move for state, move in LOGIN if state is LoginState.REFUSED}
    assert moves == {LoginMove.WANTED}


def test_a_portal_goes_forward_only_until_a_bound_one_is_unlinked() -> None:
    order = list(PortalState)
    assert PORTAL.keys() == set(PortalState)
    for state, after in PORTAL.items():
        unlinked = {PortalState.NEW} if state is PortalState.BOUND else set()
        assert all(order.index(one) >= order.index(state) for one in after - unlinked)
    assert PORTAL[PortalState.BOUND] == {PortalState.BOUND, PortalState.NEW}
    assert PortalState.WANTED not in PORTAL[PortalState.CREATING], "its room may exist already"
