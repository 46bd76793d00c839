"""What logins sign in with: sealed in the database, open only in what an adapter is handed."""

from __future__ import annotations

import json
from collections.abc import Mapping

import structlog

from bridgekit.clock import Clock
from bridgekit.ids import LoginID
from bridgekit.lanes.journey import millis
from bridgekit.login_row import LoginRow
from bridgekit.patience import patiently
from bridgekit.sealing import Sealing, Unreadable
from bridgekit.store.changes import note
from bridgekit.store.sealed import SealedText, not_sealed_with, reseal
from bridgekit.store.store import Store

log = structlog.get_logger()

PLACE = "login:"  # as `store/sealed.py` names the rows of logins


class LoginCredentials:
    """Between the rows and the adapters."""

    def __init__(self, sealing: Sealing) -> None:
        self._sealing = sealing

    def seal(self, login: LoginID, credentials: Mapping[str, str]) -> str:
        return self._sealing.seal(json.dumps(dict(credentials)), f"{PLACE}{login}")

    def open(self, row: LoginRow) -> Mapping[str, str]:
        """Raises `Unreadable`."""
        if not row.sealed:
            return {}
        opened: dict[str, str] = json.loads(self._sealing.open(row.sealed, f"{PLACE}{row.id}"))
        return opened


class Resealing:
    """Everything in the database that is sealed, sealed anew: with the present key."""

    def __init__(self, sealing: Sealing, store: Store, clock: Clock) -> None:
        self._sealing, self._store, self._clock = sealing, store, clock

    async def run(self) -> None:
        """What is in clear from before, or sealed with a key that is an old one by now."""
        done, unreadable = await patiently(self.rotate, self._clock)
        if done or unreadable:
            log.info("stored secrets are sealed anew", sealed=done, unreadable=unreadable)

    async def rotate(self) -> tuple[int, int]:
        """How many texts were sealed with the present key, and how many no key opens.

        Safe to repeat and to break off: each text is changed on its own.
        """
        done = unreadable = 0
        async for old in not_sealed_with(self._store.reader, self._sealing.present):
            if await self._anew(old):
                done += 1
            else:
                unreadable += 1
        if done:
            at = millis(self._clock)
            await self._store.writer.write(note(at, "secrets sealed anew", str(done)))
        return done, unreadable

    async def _anew(self, old: SealedText) -> bool:
        try:
            opened = self._sealing.open(old.text, old.place)
        except Unreadable as error:
            log.warning("a sealed text cannot be read", row=old.place, why=str(error))
            return False
        await self._store.writer.write(reseal(old, self._sealing.seal(opened, old.place)))
        return True
