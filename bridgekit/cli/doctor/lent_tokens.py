"""The checks of `doctor` on the access tokens that people have lent the bridge, each tried."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.bridge import database_url
from bridgekit.cli.asking import OK, Asking, patient
from bridgekit.cli.output import count
from bridgekit.configuration.config import Config
from bridgekit.configuration.settings import SQLiteFile
from bridgekit.errors import DatabaseError
from bridgekit.ids import UserID
from bridgekit.mistakes.of_people import DP_CLIENT_TOKEN, DP_TOKEN_DEAD
from bridgekit.puppets.puppets import place_of
from bridgekit.sealing import Sealing, Unreadable
from bridgekit.store.beside import reading
from bridgekit.store.puppets import PuppetRow, PuppetRows


async def lent_tokens(config: Config) -> AsyncIterator[Finding]:
    """Nothing where nobody has lent one, or there is no database to read."""
    rows = await _stored(config)
    working = 0
    async with patient() as session:
        for row in rows:
            found = await _tried(config, Asking(config, session), row)
            working += found is None
            if found is not None:
                yield found
    if working:
        said = f"{count(working, 'access token')} of people: each works."
        yield Finding(Severity.OK, said)


async def _stored(config: Config) -> list[PuppetRow]:
    where = config.database
    if isinstance(where, SQLiteFile) and not where.is_there:
        return []
    try:
        async with reading(database_url(config)) as reader:
            return [row async for row in PuppetRows(reader).all()]
    except DatabaseError:
        return []  # the check of the database has said so


async def _tried(config: Config, ask: Asking, row: PuppetRow) -> Finding | None:
    """None: it works, or nobody can say."""
    if row.lost:
        return DP_TOKEN_DEAD.found(f"The access token of {row.user} was refused, and is forgotten.")
    url = _server(config, row.user)
    if url is None:
        return None
    try:
        token = Sealing(config.appservice.sealing_keys).open(row.token, place_of(row.user))
    except Unreadable:
        return None  # the check of what is sealed says so
    there = config.homeserver.model_copy(update={"url": url})
    ask = replace(ask, config=replace(config, homeserver=there))
    answer = await ask.whoami(token=token)
    if answer.get("errcode") == "M_UNKNOWN_TOKEN":
        return DP_TOKEN_DEAD.found(f"The access token of {row.user} is refused.")
    device = answer.get("device_id")
    if answer.status == OK and device and await _encrypts(ask, row.user, device, token):
        said = f"The access token of {row.user} is that of a client ({device}), which encrypts."
        return DP_CLIENT_TOKEN.found(said)
    return None


async def _encrypts(ask: Asking, user: UserID, device: str, token: str) -> bool:
    """Whether the session of this token has keys: the bridge never gives its own any."""
    answer = await ask("POST", "v3/keys/query", {"device_keys": {user: [device]}}, token)
    found = (answer.content or {}).get("device_keys")
    of_user = found.get(user) if isinstance(found, dict) else None
    return isinstance(of_user, dict) and device in of_user


def _server(config: Config, user: UserID) -> str | None:
    """Where their homeserver is asked; None: the configuration does not say any more."""
    _, _, domain = user.partition(":")
    named = config.double_puppets.get(domain)
    own = config.homeserver.url if domain == config.homeserver.domain else None
    return (named.url if named is not None else None) or own
