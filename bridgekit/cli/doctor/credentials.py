"""The checks of `doctor` on what people sign in with: whether the keys open what is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from enum import Enum

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.bridge import database_url
from bridgekit.cli.output import count
from bridgekit.configuration.config import Config
from bridgekit.configuration.settings import SQLiteFile
from bridgekit.errors import DatabaseError
from bridgekit.login.news import REFUSED
from bridgekit.login_row import LoginKind
from bridgekit.mistakes.of_people import (
    CREDENTIALS_LOST,
    CREDENTIALS_NOT_SEALED,
    LOGIN_REFUSED,
    OLD_KEY_IDLE,
    ROOM_KEYS_LOST,
)
from bridgekit.sealing import Sealing, Unreadable, is_sealed
from bridgekit.store.beside import reading
from bridgekit.store.people import People
from bridgekit.store.reader import Reader
from bridgekit.store.sealed import OF_ENCRYPTION, SealedText, not_sealed_with


class _Kept(Enum):
    """How a secret is kept that is not sealed with the present key."""

    CLEAR = "in clear"
    OLD = "sealed with an old key"
    LOST = "sealed with a lost key"


_TOLD = {
    LoginKind.CONFIGURED: "of the configuration",
    LoginKind.SIGNED_IN: "of people, or signed in to for the bridge",
}


async def credentials(config: Config) -> AsyncIterator[Finding]:
    """Nothing where there is no database to read: its own check has said so."""
    where, sealing = config.database, Sealing(config.appservice.sealing_keys)
    if isinstance(where, SQLiteFile) and not where.is_there:
        return
    kept: Counter[_Kept] = Counter()
    of_rooms, refused = 0, list[Finding]()
    try:
        async with reading(database_url(config)) as reader:
            async for one in not_sealed_with(reader, sealing.present):
                how = _kept(sealing, one)
                if how is _Kept.LOST and one.where.table in OF_ENCRYPTION:
                    of_rooms += 1
                else:
                    kept[how] += 1
            refused = [one async for one in _refused(config, reader)]
    except DatabaseError:
        return
    for finding in refused:
        yield finding
    if of_rooms:
        yield ROOM_KEYS_LOST.found(f"No configured key opens {count(of_rooms, 'key')} of rooms.")
    for finding in _findings(kept, old_keys=bool(config.appservice.old_encryption_keys)):
        yield finding


async def _refused(config: Config, reader: Reader) -> AsyncIterator[Finding]:
    """The logins that a network had let in and does not any more, as their people were told."""
    people = People(reader)
    for network in config.networks:
        for kind, whose in _TOLD.items():
            found = [one async for one in people.logins(network, kind) if one.told == REFUSED]
            if found:
                said = f"{network} refuses {count(len(found), 'login')} {whose}."
                yield LOGIN_REFUSED.found(said)


def _kept(sealing: Sealing, stored: SealedText) -> _Kept:
    if not is_sealed(stored.text):
        return _Kept.CLEAR
    try:
        sealing.open(stored.text, stored.place)
    except Unreadable:
        return _Kept.LOST
    return _Kept.OLD


def _findings(kept: Counter[_Kept], *, old_keys: bool) -> Iterator[Finding]:
    lost = kept[_Kept.LOST]
    if lost:
        yield CREDENTIALS_LOST.found(
            f"No configured key opens {count(lost, 'stored secret')}: nobody is signed in by it."
        )
    for how in (_Kept.CLEAR, _Kept.OLD):
        if kept[how]:
            yield CREDENTIALS_NOT_SEALED.found(f"{count(kept[how], 'stored secret')}: {how.value}.")
    if not kept:
        yield Finding(Severity.OK, "What people sign in with is sealed with the present key.")
        if old_keys:
            yield OLD_KEY_IDLE.found()
