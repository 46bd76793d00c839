"""Who is there and what they may do, both ways, on a real Synapse."""

from __future__ import annotations

import pytest

from bridgekit.events import DeliveryState, Membership, MemberState, Receipt, Typing
from bridgekit.facts import Rank
from bridgekit.models import Direction
from bridgekit.reasons import Reason
from bridgekit.testing.clock import settle
from tests.core.media.samples import picture

pytestmark = [pytest.mark.synapse, pytest.mark.asyncio(loop_scope="session")]


async def member(place, user, membership, **fields):
    """A membership event of `user`, once it is there."""

    def fits(event):
        content = event["content"]
        return (
            (event["type"], event.get("state_key")) == ("m.room.member", user)
            and content.get("membership") == membership
            and fields.items() <= content.items()
        )

    return await place.seen(fits)


async def present(place, name="bob"):
    """Somebody who is in the room, and known to be: a receipt of anybody else is not shown."""
    bob = place.someone(name)
    await bob.join(place.chat)
    await member(place, place.ghost(bob.user), "join")
    while place.rig.bridge.parts.matrix.members.busy:
        await settle()
    return bob


def moves(place, user):
    """What the bridge did to somebody's membership, without ranks."""
    found = [one for one in place.acted(Membership) if one.user == user]
    return [(one.state, one.reason) for one in found]


async def test_a_person_comes_and_goes_on_the_network(place):
    carol = await place.another()
    me = carol.user_id[1:].partition(":")[0]
    await carol.join(place.room)
    await carol.say(place.room, "hello")
    await place.told("hello")
    await carol.leave(place.room, "tired")
    await place.until(lambda: (MemberState.LEAVE, "tired") in moves(place, me))
    assert me not in place.over_there.members


async def test_a_ghost_comes_and_goes_with_its_user(place):
    bob = await present(place)
    await bob.leave(place.chat, "tired")
    event = await member(place, place.ghost(bob.user), "leave", reason="tired")
    assert event["sender"] == place.ghost(bob.user)


async def test_an_invitation_to_the_network(place):
    await place.from_alice()  # who has a login from here on
    dave = place.someone("dave")
    await place.alice.invite(place.room, place.ghost(dave.user), "come in")
    await place.until(lambda: (MemberState.INVITE, "come in") in moves(place, dave.user))


async def test_an_invitation_to_matrix(place):
    bob = await present(place)
    carol = await place.another()
    me = carol.user_id[1:].partition(":")[0]
    await carol.join(place.room)
    await carol.say(place.room, "hello")
    await place.told("hello")
    await carol.leave(place.room)
    await place.until(lambda: me not in place.over_there.members)
    await bob.invite(place.chat, me)
    await member(place, carol.user_id, "invite")


async def test_a_kick_a_ban_and_its_end_to_the_network(place):
    await place.from_alice()
    bob = await present(place)
    ghost = place.ghost(bob.user)
    await place.alice.kick(place.room, ghost, "spam")
    await place.until(lambda: (MemberState.KICK, "spam") in moves(place, bob.user))
    await place.alice.ban(place.room, ghost, "more spam")
    await place.until(lambda: bob.user in place.over_there.banned)
    assert place.over_there.reasons[bob.user] == "more spam"
    await place.alice.unban(place.room, ghost)
    await place.until(lambda: bob.user not in place.over_there.banned)


async def test_a_kick_a_ban_and_its_end_to_matrix(place):
    op, bob = await present(place, "op"), await present(place)
    ghost = place.ghost(bob.user)
    await op.kick(place.chat, bob.user, "spam")
    event = await member(place, ghost, "leave")
    assert "spam" in event["content"]["reason"]
    await op.ban(place.chat, bob.user, "more spam")
    event = await member(place, ghost, "ban")
    assert "more spam" in event["content"]["reason"]
    await op.unban(place.chat, bob.user)

    def freed(event):
        before = event.get("unsigned", {}).get("prev_content", {})
        return (
            event.get("state_key") == ghost
            and before.get("membership") == "ban"
            and event["content"]["membership"] == "leave"
        )

    await place.seen(freed)


async def test_a_person_kicked_on_the_network_is_kicked_on_matrix(place):
    op = await present(place, "op")
    carol = await place.another()
    await carol.join(place.room)
    await carol.say(place.room, "hello")
    await place.told("hello")
    await op.kick(place.chat, carol.user_id[1:].partition(":")[0], "spam")
    event = await member(place, carol.user_id, "leave")
    assert "spam" in event["content"]["reason"]


async def test_power_levels_to_the_network(place):
    await place.from_alice()
    bob = await present(place)
    await place.alice.set_power(place.room, place.ghost(bob.user), 50)
    await place.until(lambda: place.over_there.members[bob.user] is Rank.MODERATOR)
    await place.alice.set_power(place.room, place.ghost(bob.user), 0)
    await place.until(lambda: place.over_there.members[bob.user] is Rank.MEMBER)


async def test_ranks_to_matrix_lower_nothing_that_a_person_granted(place):
    await place.from_alice()
    op, bob = await present(place, "op"), await present(place)
    ghost = place.ghost(bob.user)
    await op.set_rank(place.chat, bob.user, Rank.MODERATOR)
    levels = "m.room.power_levels"
    await place.became(levels, lambda content: content["users"].get(ghost) == 50)
    await place.alice.set_power(place.room, ghost, 60)
    await place.until(lambda: place.over_there.members[bob.user] is Rank.MODERATOR)
    other = place.ghost(op.user)
    await op.set_rank(place.chat, op.user, Rank.ADMIN)
    content = await place.became(levels, lambda content: content["users"].get(other) == 75)
    assert content["users"][ghost] == 60
    assert content["users"][place.alice.user_id] == 100


async def test_another_name_and_picture_to_matrix(place):
    bob = await present(place)
    ghost = place.ghost(bob.user)
    await bob.rename("Robert", bob.file("face.png", picture(), "image/png"))
    event = await member(place, ghost, "join", displayname="Robert")
    await bob.say(place.chat, "it is me")
    await place.shown("it is me")
    event = await place.seen(
        lambda event: event.get("state_key") == ghost and event["content"].get("avatar_url")
    )
    assert await place.alice.download(event["content"]["avatar_url"]) == picture()


async def test_another_name_to_the_network(place):
    carol = await place.another()
    await carol.join(place.room)
    await carol.set_display_name("Caroline")
    await carol.say(place.room, "it is me")
    told = await place.told("it is me")
    act = next(act for act in place.network.acts if act.event.txn == told.txn)
    assert act.event.author.name == "Caroline"


async def test_a_receipt_to_the_network(place):
    event, message = await place.from_bob(place.someone())
    await place.from_alice()  # who has a login from here on
    await place.alice.read(place.room, event)
    await place.until(lambda: Receipt(message) in place.acted(Receipt))


async def test_a_receipt_to_matrix(place):
    event, message = await place.from_alice()
    bob = await present(place)
    await bob.read(place.chat, message)
    ghost = place.ghost(bob.user)
    await place.ephemeral(
        "m.receipt", lambda content: ghost in content.get(event, {}).get("m.read", {})
    )


async def test_typing_to_the_network(place):
    await place.from_alice()
    await place.alice.typing(place.room)
    await place.until(lambda: place.over_there.typing)
    await place.alice.typing(place.room, active=False)
    await place.until(lambda: not place.over_there.typing)


async def test_typing_to_matrix(place):
    bob = await present(place)
    ghost = place.ghost(bob.user)
    await bob.types(place.chat)
    await place.ephemeral("m.typing", lambda content: content["user_ids"] == [ghost])
    await bob.types(place.chat, active=False)
    await place.ephemeral("m.typing", lambda content: content["user_ids"] == [])


async def test_a_report_of_a_failed_delivery_is_told(place):
    event, message = await place.from_alice()
    bob = await present(place)
    await bob.report(place.chat, message, DeliveryState.FAILED, "The phone is off.")
    notice = await place.notice("The phone is off.")
    assert notice["content"]["m.relates_to"]["m.in_reply_to"]["event_id"] == event


async def test_a_report_of_reading_is_a_receipt(place):
    event, message = await place.from_alice()
    bob = await present(place)
    await bob.report(place.chat, message, DeliveryState.READ)
    ghost = place.ghost(bob.user)
    await place.ephemeral(
        "m.receipt", lambda content: ghost in content.get(event, {}).get("m.read", {})
    )


async def test_a_kick_that_the_network_is_not_told_of_is_told(bare):
    await bare.from_alice()
    bob = await present(bare)
    await bare.alice.kick(bare.room, bare.ghost(bob.user), "spam")
    await bare.notice("is not told who is put out of a room")
    assert bare.acted(Membership) == []


async def test_who_has_no_login_is_told_that_a_kick_needs_one(place):
    bob = await present(place)
    carol = await place.another()
    await carol.join(place.room)
    await place.bot.set_power(place.room, carol.user_id, 50)
    await carol.kick(place.room, place.ghost(bob.user), "spam")
    await place.notice("Only somebody with a login of their own")
    assert moves(place, bob.user) == []


async def test_ranks_that_the_network_lacks_are_counted(bare):
    await bare.from_alice()
    bob = await present(bare)
    key = (bare.prefix, Direction.TO_NETWORK, Reason.NOT_BRIDGED_KIND)
    counts = bare.rig.bridge.parts.status.counts
    before = counts[key]
    await bare.alice.set_power(bare.room, bare.ghost(bob.user), 50)
    await bare.from_alice("behind it")
    assert counts[key] > before


async def test_receipts_and_typing_that_the_network_lacks_go_nowhere(bare):
    event, _ = await bare.from_bob(bare.someone())
    await bare.from_alice()
    key = (bare.prefix, Direction.TO_NETWORK, Reason.NOT_BRIDGED_KIND)
    counts = bare.rig.bridge.parts.status.counts
    before = counts[key]
    await bare.alice.read(bare.room, event)
    await bare.alice.typing(bare.room)
    await bare.from_alice("behind them")
    assert counts[key] == before + 2
    assert bare.acted(Receipt) == bare.acted(Typing) == []
