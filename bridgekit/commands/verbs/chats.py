"""`chats`: the chats that have a room: one's own, or to admins all."""

from __future__ import annotations

from pydantic import Field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route, Where
from bridgekit.commands.verbs.listed import Chats, chats_of
from bridgekit.ids import PortalID, UserID
from bridgekit.login.owners import Owners
from bridgekit.models import Portal
from bridgekit.networks import Networks
from bridgekit.permissions.permissions import Permissions
from bridgekit.permissions.rights import Right
from bridgekit.store.portals import PortalRows

_LAST = 2**53  # the largest number that every program reads


class ListChats(Arguments):
    limit: int = Field(default=100, ge=1, le=1_000, description="how many, at most")
    after: int = Field(default=0, ge=0, le=_LAST, description="the last one of those before")


def chats(
    rows: PortalRows, networks: Networks, owners: Owners, permissions: Permissions
) -> Command[ListChats]:
    async def run(asked: Asked[ListChats]) -> Answer:
        after, limit = PortalID(asked.arguments.after), asked.arguments.limit
        if asked.caller.operator or permissions.may(asked.user, Right.ADMIN):
            return chats_of(await rows.bound(after, limit), "No chat has a room.")
        return chats_of(
            await theirs(asked.user, after, limit), "None of your direct chats has a room."
        )

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
