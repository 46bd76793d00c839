"""The contract: who the people of the network are, and whether they are there."""

from __future__ import annotations

from bridgekit.adapter_supports import SupportsAutomaticLogin, SupportsRenaming
from bridgekit.events import Membership, MemberState
from bridgekit.ids import LoginID, RemoteUserID
from bridgekit.supports import SupportsMembership
from bridgekit.testing.contract.heard import done
from bridgekit.testing.contract.scenario import Lacking, scenario
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.story import Broken
from bridgekit.testing.homeserver.person import Person

_CAROL = RemoteUserID("carol")


class OfPeople:
    """Their ghosts come, go and are called as they are; whoever is put out is so on both sides."""

    @scenario(Membership)
    async def test_who_comes_and_goes_is_seen(self, stage: Stage) -> None:
        """Members who join and leave do so on Matrix."""
        carol = await _ghost_of_carol(stage)
        await stage.does("carol", Membership(_CAROL, MemberState.LEAVE))
        await _becomes(stage, carol, "leave", "Carol has left on Matrix")
        await stage.does("carol", Membership(_CAROL, MemberState.JOIN))
        await _becomes(stage, carol, "join", "Carol is back on Matrix")

    @scenario(Membership)
    async def test_who_is_put_out_is_seen_to_be(self, stage: Stage) -> None:
        """Kicks arrive on Matrix, and are told from leaving."""
        _can(stage, MemberState.KICK)
        carol = await _ghost_of_carol(stage)
        await stage.does("bob", Membership(_CAROL, MemberState.KICK, "spam"))
        await _becomes(stage, carol, "leave", "Carol is put out on Matrix")
        _by_another(stage, carol)

    @scenario(Membership)
    async def test_a_ban_and_its_end_are_seen(self, stage: Stage) -> None:
        """Bans and their end arrive on Matrix."""
        _can(stage, MemberState.BAN)
        carol = await _ghost_of_carol(stage)
        await stage.does("bob", Membership(_CAROL, MemberState.BAN, "spam"))
        await _becomes(stage, carol, "ban", "Carol is banned on Matrix")
        await stage.does("bob", Membership(_CAROL, MemberState.LEAVE))
        await _becomes(stage, carol, "leave", "Carol is no longer banned on Matrix")

    @scenario(Membership, SupportsAutomaticLogin)
    async def test_a_person_who_is_put_out_of_the_chat_is_put_out_of_the_room(
        self, stage: Stage
    ) -> None:
        """People of Matrix whom somebody on the network puts out are put out on Matrix."""
        _can(stage, MemberState.KICK)
        dave, login = await _dave(stage)
        me = stage.watch.clients[login].me
        await stage.does("bob", Membership(me, MemberState.KICK, "spam"))
        await _becomes(stage, dave.user_id, "leave", "Dave is put out on Matrix")
        _by_another(stage, dave.user_id)

    @scenario(SupportsAutomaticLogin, SupportsRenaming)
    async def test_who_has_another_name_has_it_on_the_network(self, stage: Stage) -> None:
        """People of Matrix who change their name are called by it, after a restart, too."""
        dave, login = await _dave(stage)
        clients = stage.watch.clients
        before = clients[login].me
        stage.story.tell("Dave is called Davina from here on")
        await dave.set_display_name("Davina")
        await stage.until(
            lambda: login in clients and clients[login].me != before,
            "Dave goes by another name on the network",
        )
        now = clients[login].me
        await dave.say(stage.room, "the same as ever")
        await stage.heard("the same as ever")
        await stage.stop()
        await stage.start()
        await dave.say(stage.room, "as if new")
        await stage.heard("as if new")
        if clients[login].me != now:
            raise Broken(
                f"Dave went by {now} before the bridge was started again, and by "
                f"{clients[login].me} now: see `Host.credentials_changed`."
            )

    @scenario(SupportsMembership, SupportsAutomaticLogin)
    async def test_who_leaves_the_room_leaves_the_chat(self, stage: Stage) -> None:
        """People of Matrix who leave do so on the network, with a login of their own."""
        dave = stage.hs.person("dave")
        await dave.join(stage.room)
        await dave.say(stage.room, "a short visit")
        await stage.heard("a short visit")
        await dave.leave(stage.room)
        await done(stage, Membership, lambda change: change.state is MemberState.LEAVE)

    @scenario(SupportsMembership, SupportsAutomaticLogin)
    async def test_who_is_put_out_of_the_room_is_put_out_of_the_chat(self, stage: Stage) -> None:
        """Kicks arrive on the network."""
        await stage.alice.kick(stage.room, await _ghost_of_carol(stage), "spam")
        await _moved(stage, MemberState.KICK)

    @scenario(SupportsMembership, SupportsAutomaticLogin)
    async def test_a_ban_and_its_end_are_heard(self, stage: Stage) -> None:
        """Bans and their end arrive on the network."""
        carol = await _ghost_of_carol(stage)
        await stage.alice.ban(stage.room, carol, "spam")
        await _moved(stage, MemberState.BAN)
        await stage.alice.unban(stage.room, carol)
        await _moved(stage, MemberState.LEAVE)

    @scenario("rename")
    async def test_a_new_name_is_seen(self, stage: Stage) -> None:
        """People who have another name have it on Matrix, too (`Host.user_changed`)."""
        who = stage.other
        await stage.said(who, "call me what you like")
        ghost = (await stage.seen("call me what you like"))["sender"]
        stage.story.tell(f"on the network, {who} is called Caroline from here on")
        await stage.network.rename(who, "Caroline")
        room = stage.here.room
        await stage.until(
            lambda: room.content("m.room.member", ghost).get("displayname") == "Caroline",
            f"{who.title()} is called Caroline on Matrix",
        )


async def _dave(stage: Stage) -> tuple[Person, LoginID]:
    """Somebody on Matrix with a login of his own, who is in the chat."""
    others = set(stage.watch.clients)
    dave = stage.hs.person("dave")
    await dave.join(stage.room)
    await dave.say(stage.room, "what a nice place")
    await stage.heard("what a nice place")
    own = stage.watch.clients.keys() - others
    if not own:
        raise Lacking("Dave gets no login of his own")
    return dave, own.pop()


def _can(stage: Stage, state: MemberState) -> None:
    if state not in stage.network.moves:
        raise Lacking(f"the network's `moves` have no {state.name}")


async def _ghost_of_carol(stage: Stage) -> str:
    """She is there; her ID on Matrix."""
    await stage.said("carol", "here I am")
    return str((await stage.seen("here I am"))["sender"])


async def _becomes(stage: Stage, user: str, membership: str, what: str) -> None:
    room = stage.here.room
    await stage.until(lambda: room.membership(user) == membership, what)


def _by_another(stage: Stage, user: str) -> None:
    """They have not gone by themselves."""
    if stage.here.room.state["m.room.member", user].sender == user:
        raise Broken(
            f"{user} was put out by Bob, and left by themselves on Matrix: that is "
            "`MemberState.KICK`, and the `sender` of the event is who did it."
        )


async def _moved(stage: Stage, state: MemberState) -> None:
    """Wait until this was done to Carol on the network."""

    def moved() -> bool:
        changes = (one.content for one in stage.network.heard())
        return any(
            isinstance(one, Membership) and (one.user, one.state) == (_CAROL, state)
            for one in changes
        )

    await stage.until(moved, f"the {state.name} of carol is heard on the network")
