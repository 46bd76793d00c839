"""`chats`: the chats that have a room: one's own, or to admins all."""

from __future__ import annotations

from pydantic import Field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route, Where
from bridgekit.commands.verbs.listed import Chats, Listed
from bridgekit.ids import PortalID, UserID
from bridgekit.login.owners import Owners
from bridgekit.models import Portal
from bridgekit.networks import Networks
from bridgekit.permissions.permissions import Permissions
from bridgekit.permissions.rights import Right
from bridgekit.store.portals import PortalRows

_LAST = 2**53  # the largest number that every program reads
_PAGE = 1_000
_HEARD = "None of these chats lacks a login that hears it."


class ListChats(Arguments):
    limit: int = Field(default=100, ge=1, le=1_000, description="how many, at most")
    after: int = Field(default=0, ge=0, le=_LAST, description="the last one of those before")
    unheard: bool = Field(
        default=False, description="only shared ones that no login of the bridge's own hears"
    )


def chats(
    rows: PortalRows, networks: Networks, owners: Owners, permissions: Permissions, listed: Listed
) -> Command[ListChats]:
    async def run(asked: Asked[ListChats]) -> Answer:
        after, limit = PortalID(asked.arguments.after), asked.arguments.limit
        every = asked.caller.operator or permissions.may(asked.user, Right.ADMIN)
        if asked.arguments.unheard:  # what is one's own alone is heard by one's own login
            found, none = await unheard(after, limit) if every else [], _HEARD
        elif every:
            found, none = await rows.bound(after, limit), "No chat has a room."
        else:
            found = await theirs(asked.user, after, limit)
            none = "None of your direct chats has a room."
        return await listed.chats(found, none, asked.user)

    async def unheard(after: PortalID, limit: int) -> list[Portal]:
        found: list[Portal] = []
        while len(found) < limit and (page := await rows.bound(after, _PAGE)):
            found += filter(listed.unheard, page)
            after = page[-1].id
        return found[:limit]

    async def theirs(user: UserID, after: PortalID, limit: int) -> list[Portal]:
        found: list[Portal] = []
        for name in [network.name for network in networks]:
            for login in owners.of(name, user):
                found += await rows.seen_by(name, login, after, limit)
        return sorted(found, key=lambda portal: portal.id)[:limit]

    return Command(
        name="chats",
        help="List your direct chats that have a room; to admins all chats.",
        arguments=ListChats,
        answer=Chats,
        run=run,
        route=Route("GET", "/chats"),
        where=Where.ALONE,
    )
