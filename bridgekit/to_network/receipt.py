"""How far a person has read, told to the network as that person."""

from __future__ import annotations

from contextlib import suppress

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import ChatMoved, LoginError, Rejected, RetryLater
from bridgekit.events import MatrixEvent, Receipt
from bridgekit.facts import Chat, Profile
from bridgekit.ids import EventID, UserID
from bridgekit.matrix.api import Refused
from bridgekit.models import Flow, Portal
from bridgekit.person.profiles import Profiles, localpart
from bridgekit.reasons import Reason
from bridgekit.room.portals import Portals
from bridgekit.signing import Signer
from bridgekit.store.receipts import ReadUpTo
from bridgekit.supports import SupportsReceipt
from bridgekit.to_network.own_login import OwnLogins

log = structlog.get_logger()

PATIENCE = 20.0  # seconds for one answer
OFFLINE = 30.0  # seconds after which a login that was not connected is looked at again


class ReceiptsToNetwork:
    """One receipt at a time, to its end."""

    def __init__(
        self, own: OwnLogins, portals: Portals, profiles: Profiles, signer: Signer, clock: Clock
    ) -> None:
        self._own, self._portals, self._profiles = own, portals, profiles
        self._signer, self._clock = signer, clock

    def why_not(self, portal: Portal, user: UserID) -> Reason | None:
        """Why it will never be told; None: it may be.

        Most people have no login of their own, most networks no receipts: nothing is kept of them.
        """
        if not self._own.is_person(user):
            return Reason.OWN_ECHO
        if portal.flow is Flow.TO_MATRIX:
            return Reason.ONE_WAY
        if self._own.of(portal, user) is None:
            return Reason.NO_LOGIN
        client = self._own.client(portal, user)
        able = client is None or isinstance(client, SupportsReceipt)
        return None if able else Reason.NOT_BRIDGED_KIND

    async def show(self, portal: Portal, read: ReadUpTo) -> Reason | None:
        """How it ended; None while what was read is not known to be a message.

        Raises `RetryLater`.
        """
        user = UserID(read.user)
        if (why_not := self.why_not(portal, user)) is not None:
            return why_not
        client = self._own.client(portal, user)
        if client is None or not isinstance(client, SupportsReceipt):
            raise RetryLater("The login is not connected", after=OFFLINE)
        links = await self._portals.rows.of_event(portal.id, EventID(read.target))
        if not links:
            return None
        event = MatrixEvent(
            chat=Chat(portal.key.chat, portal.private),
            content=Receipt(links[-1].message),
            txn=self._signer.remote_txn(portal.id, f"read {read.user} {read.target}", 0),
            author=await self._author(portal, user),
            relayed=False,
        )
        return await self._tell(client, event)

    async def _tell(self, client: SupportsReceipt, event: MatrixEvent[Receipt]) -> Reason:
        try:
            async with self._clock.timeout(PATIENCE):
                await client.mark_read(event)
        except (RetryLater, OSError) as error:  # a state: repeated where nobody knows
            raise _later(error) from error
        except LoginError:
            return Reason.LOGIN_REFUSED
        except (Rejected, ChatMoved):
            return Reason.REJECTED
        except Exception as error:  # noqa: BLE001 (foreign code; the next receipt replaces this one)
            log.warning("receipt failed", error=type(error).__name__)
            return Reason.INTERNAL
        return Reason.DELIVERED

    async def _author(self, portal: Portal, user: UserID) -> Profile:
        if portal.room is not None:
            with suppress(Refused):
                return await self._profiles.of(portal.room, user)
        return Profile(localpart(user))


def _later(error: RetryLater | OSError) -> RetryLater:
    return error if isinstance(error, RetryLater) else RetryLater("The network did not answer")
