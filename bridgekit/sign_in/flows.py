"""How a conversation begins with the adapter, and how it is ended from outside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bridgekit.adapter_supports import SupportsLogin
from bridgekit.clock import Clock
from bridgekit.errors import Rejected
from bridgekit.networks import Network
from bridgekit.sign_in.session import Session

ENDS = 30.0  # seconds that an adapter gets to let go of a sign-in


async def asked(session: Session, network: Network) -> Mapping[str, str]:
    """What the adapter makes of the conversation; texts, as it must be."""
    adapter = network.adapter
    if isinstance(adapter, SupportsLogin):
        credentials = await adapter.login(session)
    else:
        credentials = await session.ask(*adapter.manifest.login)
    return {str(name): str(value) for name, value in credentials.items()}


async def end_all(sessions: Iterable[Session], clock: Clock) -> None:
    """Give these up, and wait until nothing can come of them. Raises `Rejected`."""
    found = list(sessions)
    for session in found:
        session.cancel()
    for session in found:
        try:
            async with clock.timeout(ENDS):
                await session.ended.wait()
        except TimeoutError as error:
            why = f"Your sign-in to {session.title} is just being ended; try again in a minute."
            raise Rejected(why) from error
