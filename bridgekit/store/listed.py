"""What there is, for people who look: changes, portals, logins and ghosts, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, TextClause, text

from bridgekit.models import Millis
from bridgekit.store.reader import Reader

_CHANGES = text(
    "SELECT at, what, detail FROM change WHERE at >= :since AND (:like = '' OR "
    "LOWER(what || ' ' || detail) LIKE :like ESCAPE '!') ORDER BY at DESC, what LIMIT :limit"
)
_PORTALS = text(
    "SELECT id, network, chat, receiver, state, room, flow, ours, (SELECT COUNT(*) FROM job "
    "WHERE dead = 0 AND owner = CAST(portal.id AS TEXT)) AS waiting FROM portal "
    "WHERE (:network = '' OR network = :network) AND (:state = '' OR state = :state) AND "
    "(:like = '' OR LOWER(chat || ' ' || COALESCE(room, '')) LIKE :like ESCAPE '!') "
    "ORDER BY network, id LIMIT :limit"
)
_LOGINS = text(
    "SELECT id, network, owner, me, kind, used_at, made_at, "
    "(SELECT what FROM change WHERE substr(what, 1, length(login.id) + 7) = "
    "'login ' || login.id || ' ' ORDER BY at DESC LIMIT 1) AS state, "
    "(SELECT detail FROM change WHERE substr(what, 1, length(login.id) + 7) = "
    "'login ' || login.id || ' ' ORDER BY at DESC LIMIT 1) AS why "
    "FROM login WHERE (:network = '' OR network = :network) AND "
    "(:like = '' OR LOWER(id || ' ' || COALESCE(owner, '') || ' ' || COALESCE(me, '')) "
    "LIKE :like ESCAPE '!') ORDER BY network, id LIMIT :limit"
)
_GHOSTS = text(
    'SELECT network, "user", mxid, name, made_at FROM ghost '
    "WHERE (:network = '' OR network = :network) AND (:like = '' OR "
    "LOWER(\"user\" || ' ' || mxid || ' ' || COALESCE(name, '')) LIKE :like ESCAPE '!') "
    'ORDER BY network, "user" LIMIT :limit'
)


@dataclass(frozen=True, slots=True)
class Sought:
    """What is empty is any. `word` is a part of a name or an ID, in any case."""

    network: str = ""
    word: str = ""
    state: str = ""
    since: Millis = 0
    limit: int = 100


Found = Sequence[Row[Any]]


async def changes(reader: Reader, sought: Sought) -> Found:
    """The newest first: at, what, detail."""
    return await _found(reader, _CHANGES, sought)


async def portals(reader: Reader, sought: Sought) -> Found:
    """By network, the oldest first; `waiting` is how many jobs are in both lanes."""
    return await _found(reader, _PORTALS, sought)


async def logins(reader: Reader, sought: Sought) -> Found:
    """By network; `state` is the last line about it in the stream of changes, `why` its detail."""
    return await _found(reader, _LOGINS, sought)


async def ghosts(reader: Reader, sought: Sought) -> Found:
    """By network and remote user."""
    return await _found(reader, _GHOSTS, sought)


async def _found(reader: Reader, statement: TextClause, sought: Sought) -> Found:
    word = "".join(f"!{one}" if one in "!%_" else one for one in sought.word.lower())
    values = {
        "network": sought.network,
        "state": sought.state,
        "since": sought.since,
        "like": f"%{word}%" if word else "",
        "limit": sought.limit,
    }
    names = statement.compile().params
    return await reader.scan(statement, {name: values[name] for name in names})
