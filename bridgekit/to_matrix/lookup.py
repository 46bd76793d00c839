"""Asking a network about a chat or a person: foreign code that may fail or hang, and must not
take a message with it.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

import structlog

from bridgekit.adapter import Client
from bridgekit.adapter_supports import SupportsNames
from bridgekit.clock import Clock
from bridgekit.errors import LoginError, Rejected, RetryLater
from bridgekit.facts import ChatInfo
from bridgekit.ids import RemoteUserID
from bridgekit.lanes.parking import Stay
from bridgekit.login.calls import Calls
from bridgekit.login.logins import NotConnected
from bridgekit.models import Portal
from bridgekit.networks import Network

log = structlog.get_logger()

T = TypeVar("T")
PATIENCE = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class Asked:
    """A client, and what is asked of it through this connection."""

    client: Client
    calls: Calls

    @property
    def gone(self) -> bool:
        """Whether it can be asked no more: another one will come."""
        return self.calls.client is not self.client


def asked(portal: Portal, network: Network) -> Asked | None:
    """Who brought what was said in a chat: of a private one whose it is, else the listener.

    If that one will not come, of a chat that is not private anybody is asked; None: nobody is
    there. Raises `Stay` while it may still come.
    """
    logins, receiver = network.logins, portal.key.receiver
    login = logins.listeners.hearing(portal.key)
    if login is not None and logins.known(login):
        try:
            return Asked(logins.at_hand(login), logins.calls(login))
        except NotConnected as waiting:
            raise Stay(login, f"{network.name} is not connected") from waiting
        except LoginError:
            pass
    calls = None if receiver else logins.anybody()
    return None if calls is None or calls.client is None else Asked(calls.client, calls)


async def looked_up(
    clock: Clock, what: str, answer: Awaitable[T], *, refusal: bool = False
) -> T | None:
    """The answer; None if there is none to be had. Raises `RetryLater` if the network says so.

    `refusal`: raises `Rejected`, too, with the sentence of the network.
    """
    try:
        async with clock.timeout(PATIENCE):
            return await answer
    except RetryLater:
        raise
    except Exception as error:  # whatever a look-up dies of, the message goes on
        if refusal and isinstance(error, Rejected):
            raise
        log.warning("look-up failed", what=what, error=type(error).__name__)
        return None


def must_tell(network: Network) -> bool:
    """Whether only the network can tell who may see a chat: else who knows its name may."""
    return not isinstance(network.adapter, SupportsNames)


def or_closed(network: Network, info: ChatInfo | None, name: str | None = None) -> ChatInfo:
    """What a room is made of: where nobody could tell who may see its chat, it is closed."""
    if info is not None:
        return info
    closed = must_tell(network)
    return ChatInfo(
        name=name, by_invitation=closed or None, other=RemoteUserID("") if closed else None
    )
