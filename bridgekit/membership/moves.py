"""One ghost's way into a room or out of it: as itself, or by whoever has the power for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from bridgekit.ids import RemoteUserID, RoomID, UserID
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.membership.pace import Pace
from bridgekit.models import Ghost, Portal, Want
from bridgekit.person.ghosts import Ghosts
from bridgekit.person.naming import clean_name

FORBIDDEN = 403


class Moves:
    """Each is safe to repeat; raises `RetryLater` and, where nobody may do it, `Refused`."""

    def __init__(self, intents: Intents, ghosts: Ghosts, pace: Pace) -> None:
        self._intents, self._ghosts, self._pace = intents, ghosts, pace

    async def enter(self, room: RoomID, ghost: Ghost) -> None:
        with suppress(Refused):
            await self._join(room, ghost)
            return
        with self._pace.request():
            await self._intents.invite(room, ghost.mxid)
        with suppress(Refused):
            await self._join(room, ghost)
            return
        # Invited and still refused: the homeserver may have lost the account (a restored backup).
        await self._ghosts.renew(ghost)
        await self._join(room, ghost)

    async def _join(self, room: RoomID, ghost: Ghost) -> None:
        with self._pace.request():
            await self._intents.join(ghost.mxid, room)
        await self._ghosts.joined(ghost)

    async def leave(self, portal: Portal, room: RoomID, ghost: Ghost, want: Want) -> None:
        """Go, or be put out by `want.actor`."""
        if want.actor is None or want.actor == want.user:
            with self._pace.request():
                await self._intents.leave(ghost.mxid, room, want.reason)
            return

        def kick(actor: UserID | None, reason: str) -> Awaitable[None]:
            return self._intents.kick(room, ghost.mxid, reason, as_user=actor)

        await self.by(portal, want.actor, want.reason, kick)

    async def ban(self, portal: Portal, room: RoomID, ghost: Ghost, want: Want) -> None:
        def ban(actor: UserID | None, reason: str) -> Awaitable[None]:
            return self._intents.ban(room, ghost.mxid, reason, as_user=actor)

        actor = None if want.actor == want.user else want.actor
        await self.by(portal, actor, want.reason, ban)

    async def unban(self, portal: Portal, room: RoomID, ghost: Ghost, want: Want) -> None:
        def unban(actor: UserID | None, reason: str) -> Awaitable[None]:
            return self._intents.unban(room, ghost.mxid, reason, as_user=actor)

        actor = None if want.actor == want.user else want.actor
        await self.by(portal, actor, "", unban)

    async def by(
        self,
        portal: Portal,
        actor: RemoteUserID | None,
        reason: str,
        act: Callable[[UserID | None, str], Awaitable[None]],
    ) -> None:
        """Act as the ghost of `actor` or, where it is none or may not, as the bot in its name."""
        ghost = await self._ghosts.find(portal.key.network, actor) if actor else None
        if ghost is not None:
            try:
                with self._pace.request():
                    await act(ghost.mxid, reason)
            except Refused as refused:
                if refused.status != FORBIDDEN:
                    raise
            else:
                return
        name = (ghost.name if ghost else None) or clean_name(actor or "")
        with self._pace.request():
            await act(None, _signed(reason, name))


def _signed(reason: str, name: str) -> str:
    """The reason, with whom it comes from."""
    if not name:
        return reason
    return f"{reason} (by {name})" if reason else f"by {name}"
