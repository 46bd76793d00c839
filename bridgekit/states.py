"""Which state follows which: logins and portals as tables; an illegal move raises."""

from enum import StrEnum

from bridgekit.adapter import LoginState
from bridgekit.models import PortalState


class LoginMove(StrEnum):
    WANTED = "wanted"
    CONNECTED = "connected"
    DROPPED = "dropped"
    REFUSED = "refused"
    CLOSED = "closed"


LOGIN: dict[tuple[LoginState, LoginMove], LoginState] = {
    (LoginState.OFFLINE, LoginMove.WANTED): LoginState.CONNECTING,
    (LoginState.REFUSED, LoginMove.WANTED): LoginState.CONNECTING,
    (LoginState.BACKOFF, LoginMove.WANTED): LoginState.CONNECTING,
    (LoginState.CONNECTING, LoginMove.CONNECTED): LoginState.ONLINE,
    (LoginState.CONNECTING, LoginMove.DROPPED): LoginState.BACKOFF,
    (LoginState.CONNECTING, LoginMove.REFUSED): LoginState.REFUSED,
    (LoginState.ONLINE, LoginMove.DROPPED): LoginState.BACKOFF,
    (LoginState.ONLINE, LoginMove.REFUSED): LoginState.REFUSED,
    (LoginState.CONNECTING, LoginMove.CLOSED): LoginState.OFFLINE,
    (LoginState.ONLINE, LoginMove.CLOSED): LoginState.OFFLINE,
    (LoginState.BACKOFF, LoginMove.CLOSED): LoginState.OFFLINE,
}


def next_login_state(state: LoginState, move: LoginMove) -> LoginState:
    """Where `move` leads from `state`; raises `ValueError` for a move that cannot be."""
    try:
        return LOGIN[state, move]
    except KeyError:
        raise ValueError(f"a login that is {state} cannot be {move}") from None


PORTAL: dict[PortalState, frozenset[PortalState]] = {
    PortalState.NEW: frozenset({PortalState.WANTED, PortalState.CREATING, PortalState.BOUND}),
    PortalState.WANTED: frozenset({PortalState.WANTED, PortalState.CREATING, PortalState.BOUND}),
    PortalState.CREATING: frozenset({PortalState.CREATING, PortalState.BOUND}),
    PortalState.BOUND: frozenset({PortalState.BOUND, PortalState.NEW}),  # NEW: unlinked
}
