"""A whole bridge between people on Matrix and a gateway that calls it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import ClientSession

from bridgekit import Delivery, DeliveryState, Message, MessageID, from_plain
from bridgekit.configuration.config import Network
from bridgekit.configuration.inbox_settings import InboxSettings
from bridgekit.ids import ChatID, NetworkName, RemoteUserID
from bridgekit.models import Direction
from bridgekit.reasons import Reason
from bridgekit.testing.rig import Rig
from bridges.sms import SMSAdapter
from bridges.sms.fake import FakeTwilio, fake_twilio
from bridges.sms.fake.troubles import BOB, OWN
from bridges.sms.fake.twilio import TOKEN
from bridges.sms.providers.twilio import signed

SMS = NetworkName("sms")
STATUS = "com.beeper.message_send_status"


@dataclass
class Scene:
    """Alice looks after the number that Bob texts."""

    rig: Rig
    network: FakeTwilio
    alice: Any

    async def until(self, found: Callable[[], Any]) -> Any:
        async with asyncio.timeout(60):
            while not (answer := found()):  # noqa: ASYNC110 (nobody tells what is seen)
                await asyncio.sleep(0.01)
        return answer

    async def bob_texts(self, words: str) -> None:
        await self.network.say("bob", Message(from_plain(words)))

    def rooms(self) -> list[Any]:
        """Those that the bridge has made and asked Alice into."""
        world = self.rig.hs.world
        return [
            room for room in world.rooms.values() if room.membership(self.alice.user_id) is not None
        ]

    async def room(self) -> Any:
        (room,) = await self.until(self.rooms)
        await self.alice.join(room.id)
        return room

    def heard(self) -> list[str]:
        return [one["body"] for one in self.network.messages if one["direction"] != "inbound"][::-1]

    async def says(self, room: Any, words: str) -> None:
        await self.alice.say(room.id, words)


def bodies(room: Any, kind: str = "m.room.message") -> list[str]:
    return [str(one.content.get("body", "")) for one in room.events if one.type == kind]


@asynccontextmanager
async def playing(
    folder: Any,
    fake: Any = fake_twilio,
    *,
    invite: Any = ("@alice:example.org",),
    contacts: Any = None,
    **given: Any,
) -> AsyncIterator[Scene]:
    async with fake() as gateway:
        inbox = InboxSettings(invite=invite)
        config = gateway.settings.model_copy(update={"contacts": contacts})
        network = Network(SMS, SMSAdapter, config, (), inbox=inbox, **given)
        async with Rig(folder, networks=(), others=(network,), public=True) as rig:
            alice = rig.hs.person("alice")
            await rig.start()
            yield Scene(rig, gateway, alice)


@pytest.fixture
async def scene(tmp_path) -> AsyncIterator[Scene]:
    async with playing(tmp_path) as found:
        yield found


async def test_a_number_that_nobody_knows_gets_a_room_of_its_own_and_is_answered(scene) -> None:
    await scene.bob_texts("is anybody there?")
    room = await scene.room()
    await scene.until(lambda: "is anybody there?" in bodies(room))
    assert room.content("m.room.join_rules", "")["join_rule"] == "invite"
    assert room.content("m.room.name", "")["name"] == "+1 415-555-0101"
    assert room.content("m.room.topic", "")["topic"] == "From +1 415-555-0100"
    assert "aliases" not in room.content("m.room.canonical_alias", "")
    assert scene.rig.config.namespaces.alias(SMS, ChatID(f"{OWN}/{BOB}")) is None
    await scene.says(room, "yes, we are")
    await scene.until(lambda: scene.heard() == ["alice: yes, we are"])
    await scene.bob_texts("good")
    await scene.until(lambda: "good" in bodies(room))
    assert len(scene.rooms()) == 1


async def test_a_contact_is_shown_with_its_name_and_picture(tmp_path) -> None:
    picture = (
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAE"
        "hQGAhKmMIQAAAABJRU5ErkJggg=="
    )
    card = f"BEGIN:VCARD\nFN:Bob B.\nTEL:+{BOB}\nPHOTO;ENCODING=b:{picture}\nEND:VCARD\n"
    (tmp_path / "contacts.vcf").write_text(card)
    async with playing(tmp_path, contacts=tmp_path / "contacts.vcf") as scene:
        await scene.bob_texts("it is me")
        room = await scene.room()
        await scene.until(lambda: "it is me" in bodies(room))
        ghost = scene.rig.config.namespaces.ghost(SMS, RemoteUserID(BOB))
        member = await scene.until(lambda: _with_picture(room, ghost))
        assert member["displayname"] == "Bob B."


def _with_picture(room: Any, user: str) -> Any:
    member = room.content("m.room.member", user) or {}
    return member if member.get("avatar_url") else None


async def test_nobody_is_asked_into_a_room_where_no_inbox_is_configured(tmp_path) -> None:
    async with playing(tmp_path, invite=()) as scene:
        await scene.bob_texts("is anybody there?")
        parts = scene.rig.bridge.parts
        await scene.until(lambda: any("not_linked" in str(one) for one in parts.status.counts))
        assert scene.rooms() == []


async def test_who_sent_a_text_sees_that_it_was_delivered_or_why_not(scene) -> None:
    await scene.bob_texts("hi")
    room = await scene.room()
    await scene.says(room, "hello")
    await scene.until(scene.heard)
    sid = next(one["sid"] for one in scene.network.messages if one["direction"] != "inbound")
    target = MessageID(f"twilio:{sid}")
    await scene.network.say("bob", Delivery(target, DeliveryState.DELIVERED))
    await scene.until(lambda: [one for one in room.events if one.type == STATUS])
    assert next(one for one in room.events if one.type == STATUS).content["status"] == "SUCCESS"
    # What comes after an end has no effect: it was delivered.
    await scene.network.say("bob", Delivery(target, DeliveryState.FAILED, "out of range"))
    await scene.bob_texts("thanks")
    await scene.until(lambda: "thanks" in bodies(room))
    assert not any("out of range" in one for one in bodies(room))


async def test_who_opts_out_is_not_texted_and_alice_is_told_why(scene) -> None:
    await scene.bob_texts("STOP")
    room = await scene.room()
    await scene.until(lambda: any("has opted out" in one for one in bodies(room)))
    await scene.says(room, "one more thing")
    await scene.until(lambda: any("START to get them again." in one for one in bodies(room)[2:]))
    assert scene.heard() == []  # Twilio has answered it


async def test_a_reaction_that_is_texted_is_shown_as_one(scene) -> None:
    await scene.bob_texts("hi")
    room = await scene.room()
    await scene.says(room, "see you at 8")
    await scene.until(lambda: scene.heard() and not scene.rig.bridge.parts.queue.waiting)
    await scene.bob_texts("Liked “alice: see you at 8”")
    (reaction,) = await scene.until(
        lambda: [one for one in room.events if one.type == "m.reaction"]
    )
    assert reaction.content["m.relates_to"]["key"] == "👍"


async def test_an_edit_and_a_deletion_follow_the_policy_and_are_told(scene) -> None:
    await scene.bob_texts("hi")
    room = await scene.room()
    first = await scene.alice.say(room.id, "at 7")
    await scene.until(lambda: scene.heard() == ["alice: at 7"])
    await scene.alice.edit(room.id, first, "at 8")
    await scene.until(lambda: len(scene.heard()) == 2)
    assert "at 8" in scene.heard()[1]
    await scene.alice.redact(room.id, first)
    await scene.until(lambda: [one for one in bodies(room) if "delet" in one])
    for key in ("👍", "🎉"):  # told once
        await scene.alice.react(room.id, first, key)
    await scene.until(lambda: [one for one in bodies(room) if "reaction" in one])
    await scene.says(room, "after it")
    await scene.until(lambda: len(scene.heard()) == 3)
    assert len([one for one in bodies(room) if "reaction" in one]) == 1


# Calls that are not Twilio's, and calls that make no sense.


async def calls(scene: Scene, fields: dict[str, str], token: str = TOKEN, **headers: str) -> int:
    url = (await scene.until(lambda: scene.network.hook)).partition("#")[0]
    call = signed(url, fields, token)
    async with (
        ClientSession() as http,
        http.post(url, data=call.body, headers={**call.headers, **headers}) as answer,
    ):
        return answer.status


FORGED = {"MessageSid": "SM1", "From": "+14155550177", "To": "+14155550100", "Body": "forged"}


def counted(scene: Scene, reason: Reason) -> int:
    return scene.rig.bridge.parts.status.counts[SMS, Direction.TO_MATRIX, reason]


async def test_a_forged_call_is_refused_makes_nothing_and_is_counted(scene) -> None:
    assert await calls(scene, FORGED, token="another") == 403
    assert await calls(scene, FORGED, **{"x-twilio-signature": ""}) == 403
    await scene.bob_texts("genuine")
    (room,) = await scene.until(scene.rooms)
    await scene.until(lambda: "genuine" in bodies(room))
    assert "forged" not in bodies(room)
    assert counted(scene, Reason.FORGED) == 2


async def test_a_call_that_nobody_can_tell_from_a_repetition_has_no_second_effect(scene) -> None:
    """Twilio repeats a call to the byte, and signs no time: it is answered, and counted."""
    for _ in range(3):
        assert await calls(scene, {**FORGED, "Body": "once"}) == 200
    (room,) = await scene.until(scene.rooms)
    await scene.until(lambda: "once" in bodies(room))
    await scene.bob_texts("after it")
    await scene.until(lambda: len(scene.rooms()) == 2)
    assert bodies(room).count("once") == 1
    assert counted(scene, Reason.DUPLICATE) == 2


async def test_a_call_that_makes_no_sense_is_answered_and_kept_for_the_operator(scene) -> None:
    assert await calls(scene, {"AccountSid": "AC1"}) == 200
    assert counted(scene, Reason.BROKEN_RECORD) == 1


async def test_a_status_of_a_message_that_nobody_knows_changes_nothing(scene) -> None:
    fields = {"MessageSid": "SM9", "From": "+14155550100", "To": f"+{BOB}"}
    assert await calls(scene, {**fields, "MessageStatus": "delivered"}) == 200
    await scene.bob_texts("hi")
    room = await scene.room()
    await scene.until(lambda: "hi" in bodies(room))
    assert not [one for one in room.events if one.type == STATUS]


async def test_what_was_texted_while_the_bridge_was_away_is_read_from_the_list(tmp_path) -> None:
    async with playing(tmp_path) as scene:
        await scene.bob_texts("hi")
        room = await scene.room()
        await scene.until(lambda: "hi" in bodies(room))
        await scene.rig.stop()
        scene.network._new(f"+{BOB}", "+14155550100", "meanwhile", "inbound")
        await scene.rig.start()
        await scene.until(lambda: "meanwhile" in bodies(room))
        assert bodies(room).count("hi") == 1


async def test_a_stop_that_is_read_from_the_list_is_not_answered_a_second_time(tmp_path) -> None:
    async with playing(tmp_path) as scene:
        await scene.bob_texts("hi")
        room = await scene.room()
        await scene.until(lambda: "hi" in bodies(room))
        await scene.rig.stop()
        scene.network._new(f"+{BOB}", "+14155550100", "STOP", "inbound")
        await scene.rig.start()
        await scene.until(lambda: any("has opted out" in one for one in bodies(room)))
        assert scene.heard() == []  # Twilio has answered it of its own
