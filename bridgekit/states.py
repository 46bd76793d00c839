"""Which state follows which, as tables: of a message's parts, logins and portals.

An illegal move of a login or a portal raises. `docs/delivery.svg` is drawn from all three.
"""

from enum import StrEnum

from bridgekit.adapter import LoginState
from bridgekit.models import PartState, PortalState


class PartMove(StrEnum):
    MARKED = "marked"  # it is about to be sent: committed before the call (delivery rule 5)
    ACCEPTED = "accepted"  # the network took it: it says so, or is found to have it
    NOT_TAKEN = "not taken"  # the network surely has it not
    UNDECIDED = "undecided"  # nobody can tell (delivery rule 6)
    STOPPED = "stopped"  # the bridge ends in order meanwhile
    COPIED = "copy restored"  # in which it was open (delivery rule 27)
    TAKEN_UP = "taken up"  # by a process that found it so
    RETRIED = "retried"  # by the operator
    SHOWN = "shows later"  # by an echo, after its sender was told (delivery rule 6)


# What a part that is sent under a mark goes through, as its row says.
PART: dict[tuple[PartState, PartMove], PartState] = {
    (PartState.PLANNED, PartMove.MARKED): PartState.SENDING,
    (PartState.PLANNED, PartMove.ACCEPTED): PartState.SENT,  # a network that needs no mark
    (PartState.SENDING, PartMove.ACCEPTED): PartState.SENT,
    (PartState.SENDING, PartMove.NOT_TAKEN): PartState.PLANNED,
    (PartState.SENDING, PartMove.UNDECIDED): PartState.UNKNOWN,
    (PartState.SENDING, PartMove.STOPPED): PartState.DOUBT,
    (PartState.PLANNED, PartMove.COPIED): PartState.DOUBT,
    (PartState.DOUBT, PartMove.TAKEN_UP): PartState.SENDING,
    (PartState.UNKNOWN, PartMove.RETRIED): PartState.PLANNED,
    (PartState.UNKNOWN, PartMove.SHOWN): PartState.SENT,
    # Of a message that was buried so: three deaths at it, or it expired before it was taken up.
    (PartState.SENDING, PartMove.RETRIED): PartState.PLANNED,
    (PartState.SENDING, PartMove.SHOWN): PartState.SENT,
    (PartState.DOUBT, PartMove.RETRIED): PartState.PLANNED,
    (PartState.DOUBT, PartMove.SHOWN): PartState.SENT,
}


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
