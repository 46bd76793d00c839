"""SMPP 3.4: one transceiver connection to an SMSC or an aggregator, with or without TLS.

`api_url` is `smpp://host:2775` or `smpps://host:3550`. Options: `window` (requests at once), `long`
(how parts are marked: udh, sar or payload), `system_type`, `interval` (seconds between signs of
life), `ids: hex` where the SMSC answers with a hexadecimal ID and reports a decimal one.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import ClassVar
from urllib.parse import urlsplit

from bridgekit import ConfigError, LoginError, Rejected, RetryLater, Scope
from bridges.sms.codes import PartlyTakenError
from bridges.sms.listening import Ear, Listening
from bridges.sms.provider import (
    Inbound,
    Outgoing,
    Provider,
    Report,
    Surroundings,
    Told,
    Traits,
    UnusableError,
)
from bridges.sms.settings import COUNT, SECONDS, ProviderSettings
from bridges.sms.smpp.link import Account, Link, connected, id_of
from bridges.sms.smpp.pdu import Command, MalformedError, Message, Pdu, Status, message
from bridges.sms.smpp.texts import messages, told
from bridges.sms.status import Rank

_PAUSE, _TRIES = 1.0, 60  # between tries of one part, once another one was taken
_BUSY = frozenset({Status.THROTTLED, Status.QUEUE_FULL})
_WHY = {
    0x0A: "our own number is not one that the SMSC lets us send from",
    0x0B: "the number is not valid",
    0x45: "the SMSC could not submit it",
    0x61: "the time in it is not valid",
}


class SMPP(Provider, Listening):
    """`user` is the system ID, `secret` the password."""

    title = "SMPP"
    traits = Traits(segments=20, keeps=True)
    options: ClassVar[Mapping[str, str]] = {
        "window": COUNT,
        "interval": SECONDS,
        **dict.fromkeys(("system_type", "ca_file"), ".*"),
        "long": "udh|sar|payload",
        "ids": "hex",
    }

    def __init__(self, settings: ProviderSettings, around: Surroundings) -> None:
        super().__init__(settings, around)
        self._account = _account(settings, around.patience)
        self._link: Link | None = None
        self._answered: deque[bool] = deque()  # which of the deliveries answered were noted

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        async with connected(self._account) as link:
            self._link = link
            try:
                yield
            finally:
                self._link = None

    async def sign_in(self) -> None:
        """By a connection that is closed again."""
        async with connected(self._account):
            pass

    async def run(self, ear: Ear) -> None:
        link = self._link
        if link is None:
            return
        ear.begins()
        self._answered.clear()

        async def deliver(pdu: Pdu) -> Status:
            if pdu.is_response:
                return await self._answered_late(link.overdue.pop(pdu.sequence), pdu, ear)
            return await self._deliver(pdu, ear)

        def confirmed(deliveries: int) -> None:
            ear.confirmed(sum(self._answered.popleft() for _ in range(deliveries)))

        await link.run(deliver, confirmed)

    async def _deliver(self, pdu: Pdu, ear: Ear) -> Status:
        """What is not stored the SMSC shall tell again; what nobody understands it shall not."""
        found: Told | None = None
        try:
            try:
                found = self._told(pdu.body)
            except (MalformedError, UnusableError) as error:
                await ear.set_aside(pdu.body, str(error))
            else:
                await ear.take(found)
        except Exception:  # noqa: BLE001 (whatever it was, it is not stored)
            return Status.TRY_AGAIN
        self._answered.append(isinstance(found, Inbound) and _stands_alone(found))
        return Status.OK

    async def _answered_late(self, about: object, answer: Pdu, ear: Ear) -> Status:
        """It was taken after all: its sender was told that this is not sure."""
        if isinstance(about, Outgoing) and answer.status == Status.OK:
            id_ = self._taken(id_of(answer)) or about.txn
            with suppress(Exception):  # it is not stored: then nobody knows, as before
                await ear.take(Report(id_, about.own, about.to[0], Rank.SENT, txn=about.txn))
        return Status.OK

    def _told(self, body: bytes) -> Told:
        found = told(message(body), body)
        if isinstance(found, Inbound):
            return found
        return Report(self._id(found.id), found.own, found.peer, found.rank, found.code)

    def _id(self, id_: str) -> str:
        """An ID as we remember it, of a receipt: without what SMSCs fill it up with."""
        return id_.lstrip("0") or "0"

    async def send(self, message: Outgoing) -> tuple[str, ...]:
        link = self._link
        if link is None:
            raise RetryLater("The SMSC is not connected.", scope=Scope.LOGIN)
        ids: list[str] = []
        *others, last = messages(message, self.settings.option("long", "udh"))
        for one in others:
            ids.append(await self._submit(link, one, ids))
        # Only with the last part it is there as a whole.
        ids.append(await self._submit(link, last, ids, message))
        return tuple(filter(None, ids))  # some SMSCs give none to what they report nothing of

    async def _submit(
        self, link: Link, one: Message, before: list[str], whole: Outgoing | None = None
    ) -> str:
        """One part. Once another was taken, it is either taken too, or nobody can say."""
        for _ in range(_TRIES if before else 1):
            answer = await link.ask(Command.SUBMIT_SM, one.pack(), whole)
            if answer.status == Status.OK:
                return self._taken(id_of(answer))
            if answer.status not in _BUSY:
                break
            if before:
                await asyncio.sleep(_PAUSE)
        raise _refusal(answer, len(before))

    def _taken(self, id_: str) -> str:
        """The ID in an answer, as receipts have it; "" where there is none."""
        if id_ and self.settings.option("ids") == "hex":
            with suppress(ValueError):
                return str(int(id_, 16))
        return self._id(id_) if id_ else ""


def _stands_alone(told: Inbound) -> bool:
    """Whether it is known by its words alone when it comes again; parts have a reference."""
    return told.part is None or not told.part.possible


def _refusal(answer: Pdu, before: int) -> Exception:
    """What a status means that is not OK (5.1.3)."""
    status = answer.status
    if before:
        why = f"The SMSC took {before} parts of it and refused the next (status {status:#x})."
        return PartlyTakenError(f"{why} The phone will not show it whole.")
    if status in _BUSY or status == Status.SYSTEM_ERROR:
        return RetryLater("The SMSC asks for a pause.", after=_PAUSE, scope=Scope.LOGIN)
    if status in (Status.INVALID_PASSWORD, Status.INVALID_SYSTEM_ID):
        return LoginError("The SMSC no longer accepts the account.")
    why = _WHY.get(status, f"status {status:#x}")
    return Rejected(f"The SMSC refused it: {why}.")


def _account(settings: ProviderSettings, patience: float) -> Account:
    url = urlsplit(settings.api_url)
    if url.scheme not in ("smpp", "smpps") or not url.hostname:
        raise ConfigError("api_url of an SMPP gateway is like smpp://smsc.example.org:2775")
    tls = None
    if url.scheme == "smpps":
        tls = ssl.create_default_context(cafile=settings.option("ca_file") or None)
    return Account(
        host=url.hostname,
        port=url.port or (3550 if tls else 2775),
        tls=tls,
        system_id=settings.user,
        password=settings.secret.get_secret_value(),
        system_type=settings.option("system_type"),
        window=int(settings.option("window", "10")),
        patience=patience,
        interval=float(settings.option("interval", "30")),
    )
