"""Who is put out, comes and goes on Matrix, told to the network; and the room's own state."""

from __future__ import annotations

import pytest

from bridgekit.errors import Rejected
from bridgekit.events import ChatChange, Membership, MemberState
from bridgekit.facts import ChatInfo, Rank
from bridgekit.models import Result
from bridgekit.permissions.rights import Level
from bridgekit.reasons import Reason
from bridgekit.supports import SupportsChatChange, SupportsMembership
from bridgekit.testing.loopback.client import LoopbackClient

BOB = "@loop_bob:example.org"


async def ruled(stage, *, login: bool = True) -> str:
    """Alice may do everything in the room, where the network's bob is, too."""
    await stage.begin()
    bot = stage.parts.intents
    levels = await bot.state(stage.room, "m.room.power_levels")
    users = {**levels["users"], stage.alice.user_id: 100}
    await bot.set_state(stage.room, "m.room.power_levels", {**levels, "users": users})
    await stage.network.say("#room", "bob", "here", id="here")
    await stage.alice.wait_for(stage.room, lambda event: event["content"].get("body") == "here")
    if login:
        await stage.alice.say(stage.room, "hello")
        await stage.ended()
    return stage.room


def moves(stage) -> list[tuple[str, MemberState, str]]:
    return [(one.user, one.state, one.reason) for one in stage.network.acted(Membership)]


async def moved(stage, count: int) -> list[tuple[str, MemberState, str]]:
    await stage.network.wait(lambda: len(moves(stage)) >= count)
    assert len(moves(stage)) == count
    return moves(stage)


async def test_a_kick_goes_through_ones_own_login_with_its_reason(stage):
    room = await ruled(stage)
    await stage.alice.kick(room, BOB, "spam")
    assert await moved(stage, 1) == [("bob", MemberState.KICK, "spam")]
    act = next(act for act in stage.network.acts if act.kind == "membership")
    assert act.event.author.name == "alice"
    assert not act.event.relayed


async def test_a_ban_and_its_end(stage):
    room = await ruled(stage)
    await stage.alice.ban(room, BOB)
    await moved(stage, 1)
    await stage.alice.unban(room, BOB)
    assert await moved(stage, 2) == [("bob", MemberState.BAN, ""), ("bob", MemberState.LEAVE, "")]


async def test_an_invitation_of_a_ghost_invites_on_the_network(stage):
    room = await ruled(stage)
    await stage.alice.invite(room, "@loop_carol:example.org")
    assert await moved(stage, 1) == [("carol", MemberState.INVITE, "")]


@pytest.mark.parametrize("what", ["comes", "is invited", "is put out"])
async def test_who_the_network_does_not_let_in_leaves_no_failed_job(stage, monkeypatch, what):
    room = await ruled(stage)
    if what == "comes":
        await stage.alice.leave(room)
        await moved(stage, 1)

    async def refused(*_):
        raise Rejected("You are not in this private channel.")

    monkeypatch.setattr(LoopbackClient, "set_member", refused)
    if what == "comes":
        await stage.alice.join(room)
    elif what == "is invited":
        await stage.alice.invite(room, "@loop_carol:example.org")
    else:
        await stage.alice.kick(room, BOB)
    detail = "You are not in this private channel."
    await stage.until(lambda: any(one.detail == detail for one in stage.to_network()))
    (outcome,) = [one for one in stage.to_network() if one.detail == detail]
    failed = what == "is put out"
    assert (outcome.result, outcome.reason) == (
        (Result.FAILED, Reason.REJECTED) if failed else (Result.DROPPED, Reason.NOT_TAKEN)
    )
    assert len(await stage.rows("SELECT id FROM job WHERE dead = 1")) == failed
    told = [one for one in await stage.notices(room) if detail in one]
    assert len(told) == (what != "comes")
    assert what != "is invited" or told[0].startswith("⚠ Your invitation was not bridged.")


async def test_who_has_no_login_puts_nobody_out_and_is_told_once(stage):
    stage.rig.permissions = {"*": Level.RELAY}
    room = await ruled(stage, login=False)
    await stage.alice.kick(room, BOB)
    await stage.notice("Only somebody with a login of their own can do that on loop.")
    assert moves(stage) == []


async def test_a_network_that_is_told_of_nobody_says_so_once(stage):
    stage.network.lacks = frozenset({SupportsMembership})
    room = await ruled(stage)
    await stage.alice.ban(room, BOB)
    notice = await stage.notice("loop is not told who is put out")
    assert "Your change of membership" in notice["body"]


async def test_people_with_a_login_come_and_go_there_too(stage):
    room = await ruled(stage)
    await stage.alice.leave(room)
    assert await moved(stage, 1) == [("alice", MemberState.LEAVE, "")]
    await stage.alice.join(room)
    assert await moved(stage, 2) == [
        ("alice", MemberState.LEAVE, ""),
        ("alice", MemberState.JOIN, ""),
    ]


async def test_who_is_put_out_leaves_there_too(stage):
    room = await ruled(stage)
    carol = stage.hs.person("carol")
    await carol.join(room)
    await carol.say(room, "hi")
    await stage.network.wait(lambda: "hi" in stage.network.texts())
    await stage.alice.kick(room, carol.user_id, "bye")
    assert await moved(stage, 1) == [("carol", MemberState.LEAVE, "bye")]


async def test_who_the_network_put_out_is_not_asked_to_leave_it_again(stage):
    room = await ruled(stage)
    await stage.network.person("bob").kick("#room", "alice")
    await stage.alice.wait_for(room, lambda event: event["content"].get("membership") == "leave")
    await stage.rig.hs.pushed()
    await stage.turn()
    assert moves(stage) == []


async def test_who_has_no_login_comes_and_goes_unseen(stage):
    room = await ruled(stage)
    carol = stage.hs.person("carol")
    await carol.join(room)
    await carol.leave(room)
    await stage.alice.say(room, "end")
    await stage.network.wait(lambda: "end" in stage.network.texts())
    assert moves(stage) == []


async def test_another_name_of_a_person_is_no_move(stage):
    room = await ruled(stage)
    await stage.alice.set_display_name("Alice the Great")
    await stage.alice.say(room, "end")
    await stage.network.wait(lambda: "end" in stage.network.texts())
    assert moves(stage) == []
    assert stage.network.heard[-1].author == "Alice the Great"


async def test_name_topic_and_picture_change_there(stage):
    room = await ruled(stage)
    await stage.alice.set_name(room, "A \n new name")
    await stage.alice.set_topic(room, "Of this\nand that")
    uri = await stage.alice.upload(b"\x89PNG\r\n\x1a\n", "image/png")
    await stage.alice.set_avatar(room, uri)
    await stage.network.wait(lambda: len(stage.network.acted(ChatChange)) == 3)
    chat = stage.network.chat("#room")
    assert (chat.name, chat.topic) == ("A new name", "Of this\nand that")
    assert stage.network.files[chat.info.avatar.source].data == b"\x89PNG\r\n\x1a\n"


async def test_what_is_taken_away_is_cleared(stage):
    room = await ruled(stage)
    await stage.alice.set_topic(room, "topic")
    await stage.alice.set_topic(room, "")
    await stage.network.wait(lambda: len(stage.network.acted(ChatChange)) == 2)
    assert stage.network.chat("#room").topic == ""


async def test_the_same_name_again_is_no_change(stage):
    room = await ruled(stage)
    await stage.alice.set_name(room, "name")
    await stage.push(
        "$same",
        {"name": "name"},
        type="m.room.name",
        state_key="",
        unsigned={"prev_content": {"name": "name"}},
    )
    await stage.alice.say(room, "end")
    await stage.network.wait(lambda: "end" in stage.network.texts())
    assert stage.network.acted(ChatChange) == [ChatChange(ChatInfo(name="name"))]


async def test_a_network_that_takes_no_names_says_so_once(stage):
    stage.network.lacks = frozenset({SupportsChatChange})
    room = await ruled(stage)
    await stage.alice.set_name(room, "one")
    await stage.alice.set_name(room, "two")
    await stage.alice.say(room, "end")
    await stage.network.wait(lambda: "end" in stage.network.texts())
    (notice,) = await stage.notices()
    assert "loop does not take the name of a room on Matrix." in notice


async def test_power_over_a_ghost_is_a_rank_there(stage):
    room = await ruled(stage)
    await stage.alice.set_power(room, BOB, 50)
    await stage.network.wait(lambda: bool(moves(stage)))
    assert stage.network.acted(Membership) == [
        Membership("bob", MemberState.JOIN, rank=Rank.MODERATOR)
    ]
    assert next(act for act in stage.network.acts if act.kind == "membership").login != "loop:bot"


async def test_who_may_speak_is_told_there(stage):
    room = await ruled(stage)
    levels = await stage.alice.state(room, "m.room.power_levels")
    await stage.alice.set_state(room, "m.room.power_levels", {**levels, "events_default": 50})
    await stage.network.wait(lambda: bool(stage.network.acted(ChatChange)))
    change = ChatChange(ChatInfo(may_speak=Rank.MODERATOR))
    assert stage.network.acted(ChatChange) == [change]


@pytest.mark.parametrize("membership", [None, 7, "knock", {"a": 1}])
async def test_a_membership_that_is_none_changes_nothing(stage, membership):
    await ruled(stage)
    await stage.push("$odd", {"membership": membership}, type="m.room.member", state_key=BOB)
    await stage.alice.say(stage.room, "end")
    await stage.network.wait(lambda: "end" in stage.network.texts())
    assert moves(stage) == []
