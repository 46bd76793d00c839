"""Whoever floods is cut off, on either side; it is said once, and everybody else goes on."""

from __future__ import annotations

from bridgekit.configuration.moderation_settings import ModerationSettings
from bridgekit.models import Direction
from bridgekit.reasons import Reason
from tests.core.moderation.conftest import ALIAS, FEW, count, notices


async def test_a_flood_from_matrix_is_cut_off_and_others_go_on(rig):
    await rig.start()
    alice, mallory = rig.hs.person("alice"), rig.hs.person("mallory")
    room = await alice.join(ALIAS)
    await mallory.join(ALIAS)
    for number in range(2 * FEW):
        await mallory.say(room, f"buy {number}")
    await alice.say(room, "what is this?")
    await rig.network.wait(lambda: "what is this?" in rig.network.texts("#room"))
    bought = [text for text in rig.network.texts("#room") if "buy" in text]
    assert len(bought) == FEW
    assert count(rig, Direction.TO_NETWORK, Reason.FLOOD) == FEW
    await alice.wait_for(
        room, lambda event: "says so much here" in event["content"].get("body", "")
    )
    said = await notices(alice, room)
    who = "@mallory:example.org"
    assert said == [
        f"⚠ {who} says so much here at once that nothing from them crosses for 60 seconds."
    ]


async def test_what_a_flood_said_can_be_taken_back_all_the_same(rig):
    await rig.start()
    mallory = rig.hs.person("mallory")
    room = await mallory.join(ALIAS)
    events = [await mallory.say(room, f"buy {number}") for number in range(2 * FEW)]
    await rig.network.wait(lambda: len(rig.network.texts("#room")) == FEW)
    await mallory.redact(room, events[0])
    await rig.network.wait(lambda: "buy 0" not in _shown(rig))


async def test_a_flood_from_the_network_is_cut_off_and_others_go_on(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    for number in range(2 * FEW):
        await rig.network.say("#room", "mallory", f"buy {number}", id=f"m{number}")
    await rig.network.say("#room", "bob", "what is this?", id="b1")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "what is this?")
    assert len([body for body in await alice.bodies(room) if body.startswith("buy")]) == FEW
    assert count(rig, Direction.TO_MATRIX, Reason.FLOOD) == FEW
    await alice.wait_for(room, lambda event: "on loop at once" in event["content"].get("body", ""))
    said = await notices(alice, room)
    assert said == [
        "⚠ mallory says so much on loop at once that nothing from them crosses for 60 seconds."
    ]


async def test_what_comes_again_because_it_could_not_be_stored_counts_once(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    for _ in range(3 * FEW):
        await rig.network.say("#room", "bob", "the very same", id="m1")
    await rig.network.say("#room", "bob", "another", id="m2")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "another")
    assert count(rig, Direction.TO_MATRIX, Reason.FLOOD) == 0


async def test_a_whole_chat_that_floods_is_cut_off_and_other_chats_go_on(rig):
    rig.settings["moderation"] = ModerationSettings(chat_burst=FEW, chat_rate=0.01)
    rig.link("#other")
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    other = await alice.join("#loop_#other:example.org")
    for number in range(2 * FEW):
        await rig.network.say("#room", f"bot{number}", "buy", id=f"m{number}")
    await rig.network.say("#other", "bob", "quiet here", id="o1")
    await alice.wait_for(other, lambda event: event["content"].get("body") == "quiet here")
    await alice.wait_for(room, lambda event: "So much is said" in event["content"].get("body", ""))
    last = f"@loop_bot{FEW - 1}:example.org"
    await alice.wait_for(room, lambda event: event["sender"] == last and "body" in event["content"])
    assert (await alice.bodies(room)).count("buy") == FEW
    assert len(await notices(alice, room)) == 1


def _shown(rig):
    return [str(message) for message in rig.network.chat("#room").messages.values()]
