"""Asking a network about a chat or a person: foreign code that may fail or hang, and must not
take a message with it.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

import structlog

from bridgekit.adapter import Client
from bridgekit.clock import Clock
from bridgekit.errors import LoginError, RetryLater
from bridgekit.facts import Chat
from bridgekit.login.logins import NotConnected
from bridgekit.models import Portal
from bridgekit.networks import Network

log = structlog.get_logger()

T = TypeVar("T")
PATIENCE = 10.0  # seconds
AGAIN = 5.0  # seconds until a login that is not connected is asked for again


async def client_of(portal: Portal, network: Network) -> Client | None:
    """Who is asked about a chat: of a private one, only whose it is, who is waited for.

    None: nobody is there, or it will not come. Raises `RetryLater`.
    """
    logins, receiver = network.logins, portal.key.receiver
    if receiver is None or not logins.known(receiver):
        return logins.client_for(receiver)
    try:
        return await logins.ready(receiver, Chat(portal.key.chat, private=True), 0.0)
    except NotConnected as waiting:
        raise RetryLater(f"{network.name} is not connected", after=AGAIN) from waiting
    except LoginError:
        return None


async def looked_up(clock: Clock, what: str, answer: Awaitable[T]) -> T | None:
    """The answer; None if there is none to be had. Raises `RetryLater` if the network says so."""
    try:
        async with clock.timeout(PATIENCE):
            return await answer
    except RetryLater:
        raise
    except Exception as error:  # noqa: BLE001 (whatever a look-up dies of, the message goes on)
        log.warning("look-up failed", what=what, error=type(error).__name__)
        return None
