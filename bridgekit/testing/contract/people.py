"""The contract: who the people of the network are, and whether they are there."""

from __future__ import annotations

from bridgekit.events import Membership, MemberState
from bridgekit.ids import RemoteUserID
from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import Stage


class OfPeople:
    """Their ghosts come, go and are called as they are."""

    @scenario(Membership)
    async def test_who_comes_and_goes_is_seen(self, stage: Stage) -> None:
        """Members who join and leave do so on Matrix."""
        await stage.said("carol", "for a moment")
        carol, user = (await stage.seen("for a moment"))["sender"], RemoteUserID("carol")
        await stage.does("carol", Membership(user, MemberState.LEAVE))
        room = stage.here.room
        await stage.until(lambda: room.membership(carol) == "leave", "Carol has left on Matrix")
        await stage.does("carol", Membership(user, MemberState.JOIN))
        await stage.until(lambda: room.membership(carol) == "join", "Carol is back on Matrix")

    @scenario("rename")
    async def test_a_new_name_is_seen(self, stage: Stage) -> None:
        """People who have another name have it on Matrix, too (`Host.user_changed`)."""
        await stage.said("carol", "call me what you like")
        carol = (await stage.seen("call me what you like"))["sender"]
        stage.story.tell("on the network, carol is called Caroline from here on")
        await stage.network.rename("carol", "Caroline")
        room = stage.here.room
        await stage.until(
            lambda: room.content("m.room.member", carol).get("displayname") == "Caroline",
            "Carol is called Caroline on Matrix",
        )
