"""What people are still to be told, where, and who is about to sign in."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from bridgekit.ids import NetworkName, RoomID, UserID
from bridgekit.models import Millis
from bridgekit.store import people_tables, sql
from bridgekit.store.reader import Reader

_ROOM = text("SELECT room FROM person WHERE mxid = :mxid")
_WHOSE = text("SELECT mxid FROM person WHERE room = :room")
_ROOMS = text("SELECT room FROM person WHERE room <> ''")
_SAVE_ROOM = sql.upsert(people_tables.person, "mxid", "room")
_FORGET_PERSON = sql.delete(people_tables.person, "mxid")
_WAITING = text('SELECT DISTINCT "user" FROM word')
_WORDS = text('SELECT key, "user", text, at FROM word WHERE "user" = :user ORDER BY at, key')
_SAVE_WORD = sql.insert(people_tables.word, "key", "user", "text", "at")
_FORGET_WORD = sql.delete(people_tables.word, "key")
_FORGET_WORDS = sql.delete(people_tables.word, "user")
_SIGN_INS = text('SELECT id, "user", network, room FROM sign_in ORDER BY id')
_SAVE_SIGN_IN = sql.upsert(people_tables.sign_in, "id", "user", "network", "room")
_FORGET_SIGN_IN = sql.delete(people_tables.sign_in, "id")


@dataclass(frozen=True, slots=True)
class Word:
    """Something that a person is to be told, once for each `key`."""

    key: str
    user: UserID
    text: str
    at: Millis


@dataclass(frozen=True, slots=True)
class SignInRow:
    """A sign-in under way; `room` is where it goes on, if that is a chat."""

    id: str
    user: UserID
    network: NetworkName
    room: RoomID | None


class WordRows:
    """All of this, read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def room(self, user: UserID) -> RoomID | None:
        """The room that somebody has with the bot."""
        row = await self._reader.first(_ROOM, {"mxid": user})
        return row and RoomID(row.room)

    async def rooms(self) -> set[RoomID]:
        """All that people have with the bot."""
        return {RoomID(row.room) for row in await self._reader.all(_ROOMS)}

    async def whose(self, room: RoomID) -> UserID | None:
        """Whose room with the bot this is; None if it is nobody's."""
        row = await self._reader.first(_WHOSE, {"room": room})
        return row and UserID(row.mxid)

    async def waiting(self) -> list[UserID]:
        """Who is to be told something."""
        return [UserID(row.user) for row in await self._reader.all(_WAITING)]

    async def words(self, user: UserID) -> list[Word]:
        """What they are to be told, in order."""
        rows = await self._reader.all(_WORDS, {"user": user})
        return [Word(row.key, user, row.text, row.at) for row in rows]

    async def sign_ins(self) -> list[SignInRow]:
        rows = await self._reader.all(_SIGN_INS)
        return [
            SignInRow(
                row.id,
                UserID(row.user),
                NetworkName(row.network),
                RoomID(row.room) if row.room else None,
            )
            for row in rows
        ]


def save_room(user: UserID, room: RoomID) -> sql.Rows:
    return sql.Rows((_SAVE_ROOM, [{"mxid": user, "room": room}]))


def forget_person(user: UserID) -> sql.Rows:
    """Their room, and what they were still to be told."""
    return sql.Rows((_FORGET_PERSON, [{"mxid": user}]), (_FORGET_WORDS, [{"user": user}]))


def save_word(word: Word) -> sql.Rows:
    """The same key twice is one word."""
    values = {"key": word.key, "user": word.user, "text": sql.plain(word.text), "at": word.at}
    return sql.Rows((_SAVE_WORD, [values]))


def forget_word(key: str) -> sql.Rows:
    return sql.Rows((_FORGET_WORD, [{"key": key}]))


def save_sign_in(row: SignInRow) -> sql.Rows:
    values = {"id": row.id, "user": row.user, "network": row.network, "room": row.room or ""}
    return sql.Rows((_SAVE_SIGN_IN, [values]))


def forget_sign_in(number: str) -> sql.Rows:
    return sql.Rows((_FORGET_SIGN_IN, [{"id": number}]))


def together(*parts: sql.Rows) -> sql.Rows:
    """Several changes as one, so that they stand or fall together."""
    return sql.Rows(*(change for part in parts for change in part.changes))
