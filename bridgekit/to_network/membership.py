"""Who is in the room, told to the network: what people do to its people, and its own ones' moves.

Only ever through the login of the person who does it, or who moves: never by a relay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridgekit.events import Membership, MemberState
from bridgekit.ids import LoginID, RemoteUserID, UserID
from bridgekit.lanes.journey import Done
from bridgekit.lanes.moot import Moot
from bridgekit.reasons import Reason
from bridgekit.said import before
from bridgekit.store.sql import Rows
from bridgekit.supports import SupportsMembership
from bridgekit.to_network.act import Happened, Pieces, Route, Scene, only
from bridgekit.to_network.failure import Failed

_LONGEST = 300  # letters of a reason


@dataclass(frozen=True, slots=True)
class Moving:
    """`own` moves somebody, or themselves (`change.user` is then who that login is)."""

    state: MemberState
    reason: str
    user: RemoteUserID | None
    own: UserID | None
    through: LoginID | None = None

    async def pieces(self, scene: Scene, route: Route) -> Pieces | Done:
        if not isinstance(route.client, SupportsMembership):
            if self.user is None or self.state is MemberState.INVITE:
                raise Moot(Reason.NOT_BRIDGED_KIND)
            why = f"{scene.network.name} is not told who is put out of a room on Matrix."
            raise Failed(Reason.UNSUPPORTED, why)
        user = route.client.me if self.user is None else self.user
        return only(Membership(user, self.state, self.reason))

    def remembered(self, scene: Scene, route: Route, happened: Happened) -> Sequence[Rows]:
        del scene, route, happened
        return []


def read_membership(scene: Scene) -> Moving:
    """What a membership event asks of the network; raises `Moot`."""
    moved = UserID(str(scene.event.get("state_key")))
    old = (before(scene.event) or {}).get("membership")
    new = scene.content.get("membership")
    reason = scene.content.get("reason")
    words = " ".join(reason.split())[:_LONGEST] if isinstance(reason, str) else ""
    if not scene.ours(moved):  # a person, who has a login of their own
        if new == "join" and old == "join":
            raise Moot(Reason.NO_CHANGE)
        state = MemberState.JOIN if new == "join" else MemberState.LEAVE
        return Moving(state, words, None, own=moved)
    done, remote = _done_to(old, new), scene.remote(moved)
    if done is None or remote is None:
        raise Moot(Reason.NO_CHANGE)
    return Moving(done, words, remote, own=scene.sender)


def _done_to(old: object, new: object) -> MemberState | None:
    """What somebody did to a ghost (spec: "m.room.member", the table of changes)."""
    match new:
        case "ban":
            return MemberState.BAN
        case "invite":
            return MemberState.INVITE
        case "leave":
            return MemberState.LEAVE if old == "ban" else MemberState.KICK
    return None
