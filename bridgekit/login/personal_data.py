"""What the bridge has stored about a person: shown to them, and deleted when they ask for it.

Credentials and tokens are shown to nobody, not even to whom they belong.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bridgekit.clock import Clock
from bridgekit.ids import UserID
from bridgekit.lanes.journey import millis
from bridgekit.login.preferences import Preferences
from bridgekit.login.signing_out import SigningOut
from bridgekit.login_row import LoginKind, LoginRow
from bridgekit.room.portals import Portals
from bridgekit.store.changes import note
from bridgekit.store.leaving import LeavingRows
from bridgekit.store.people import People
from bridgekit.store.personal import AT_ONCE, PersonalRows, Trace, take_out
from bridgekit.store.puppets import PuppetRows
from bridgekit.store.words import WordRows, forget_person, together
from bridgekit.store.writer import Writer


class PersonalData:
    """Of people on Matrix; what networks say of theirs is the networks'."""

    def __init__(
        self,
        people: People,
        rows: PersonalRows,
        words: WordRows,
        puppets: PuppetRows,
        give_back: Callable[[UserID], Awaitable[None]],
        leaving: LeavingRows,
        portals: Portals,
        signing_out: SigningOut,
        end_sign_ins: Callable[[UserID], Awaitable[None]],
        preferences: Preferences,
        writer: Writer,
        clock: Clock,
    ) -> None:
        self._people, self._rows, self._words = people, rows, words
        self._puppets, self._give_back = puppets, give_back
        self._leaving, self._portals = leaving, portals
        self._signing_out, self._preferences = signing_out, preferences
        self._end_sign_ins = end_sign_ins
        self._writer, self._clock = writer, clock

    async def export(self, user: UserID) -> dict[str, Any]:
        """Everything, as JSON; times are milliseconds since the epoch."""
        puppet = await self._puppets.find(user)
        return {
            "user": user,
            "logins": [await self._login(row) for row in await self._people.of_person(user)],
            "own_matrix_account": puppet and {"lent_at": puppet.at, "token": "kept, not shown"},
            "speaks_in": [
                {"portal": portal, "by": login} for portal, login in self._preferences.of(user)
            ],
            "api_tokens": await self._rows.tokens(user),
            "named_by_a_relay_in": await self._rows.named_in(user),
            "room_with_the_bot": await self._words.room(user),
            "still_to_be_told": [
                {"text": word.text, "at": word.at} for word in await self._words.words(user)
            ],
            "said_and_done": [
                {"what": trace.table, **trace.row} async for trace in self._rows.traces(user)
            ],
        }

    async def _login(self, row: LoginRow) -> dict[str, Any]:
        chats = []
        for number in await self._leaving.portals(row.network, row.id):
            portal = await self._portals.get(number)
            chats.append({"portal": portal.id, "chat": portal.key.chat, "room": portal.room})
        return {
            "login": row.id,
            "network": row.network,
            "account": row.me,
            "kind": row.kind.value,
            "made_at": row.made_at,
            "used_at": row.used_at,
            "credentials": "kept sealed, not shown" if row.sealed else "none",
            "private_chats": chats,
        }

    async def erase(self, user: UserID) -> int:
        """Sign out of everything, and delete what is stored about them; how many logins that were.

        A sign-in under way is ended first. Raises `Rejected`. Safe to repeat. What they said
        stays where they said it, in their rooms and on the networks; the record of commands stays
        for as long as the operator's guide says.
        """
        await self._end_sign_ins(user)
        rows = [one for one in await self._people.of_person(user) if _ends(one)]
        for row in rows:
            await self._signing_out.end(row)
        batch: list[Trace] = []
        async for trace in self._rows.traces(user):
            batch.append(trace)
            if len(batch) == AT_ONCE:
                await self._writer.write(take_out(user, batch))
                batch = []
        await self._writer.write(take_out(user, batch))
        at = millis(self._clock)
        gone = note(at, "a person's data was deleted")
        if await self._puppets.find(user) is not None:
            await self._give_back(user)
        chosen = self._preferences.forget(user)
        await self._writer.write(together(forget_person(user), chosen, gone))
        return len(rows)


def _ends(row: LoginRow) -> bool:
    return row.kind is not LoginKind.LEAVING
