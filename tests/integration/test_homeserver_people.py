"""What people do with their clients, and what a bridge sees of it: on Synapse and on the fake."""

from __future__ import annotations

import pytest


@pytest.fixture
async def scene(stage):
    """Alice's room with the bot in it."""
    alice = await stage.person()
    return alice, await stage.joint_room(alice)


async def pushed(stage, event_id):
    return await stage.bridge.event(lambda event: event["event_id"] == event_id)


async def test_messages_relate_as_their_verbs_say(stage, scene):
    alice, room = scene
    first = await alice.say(room, "one", mention=[alice.user_id], mention_room=True)
    sent = {
        "m.replace": await alice.edit(room, first, "uno"),
        "m.annotation": await alice.react(room, first, "👍"),
        "m.thread": await alice.thread(room, first, "aside"),
        None: await alice.reply(room, first, "yes", mention=[alice.user_id]),
    }
    for kind, event_id in sent.items():
        content = (await pushed(stage, event_id))["content"]
        relation = content["m.relates_to"]
        assert relation.get("rel_type") == kind
        assert relation.get("event_id", relation.get("m.in_reply_to", {}).get("event_id")) == first
    quoted = await pushed(stage, await alice.quote(room, "one", "indeed", of=first))
    assert quoted["content"]["formatted_body"] == "<blockquote>one</blockquote>indeed"
    assert quoted["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": first}}
    original = await pushed(stage, first)
    assert original["content"]["m.mentions"] == {"user_ids": [alice.user_id], "room": True}


async def test_files_are_sent_and_can_be_read_again(stage, scene):
    alice, room = scene
    sent = {
        "m.image": await alice.send_file(room, "a.png", "image/png", b"\x89PNG", caption="look"),
        "m.file": await alice.send_file(room, "b.pdf", "application/pdf", b"%PDF"),
        "m.audio": await alice.voice(room, b"OggS"),
    }
    for kind, event_id in sent.items():
        assert (await pushed(stage, event_id))["content"]["msgtype"] == kind
    content = (await alice.event(room, sent["m.image"]))["content"]
    assert (content["body"], content["filename"]) == ("look", "a.png")
    assert await alice.download(content["url"]) == b"\x89PNG"
    sticker = await pushed(stage, await alice.sticker(room, "cat", "image/webp", b"RIFF"))
    assert sticker["type"] == "m.sticker"
    place = await pushed(stage, await alice.send_location(room, 48.2, -16.4, "home"))
    assert place["content"]["geo_uri"] == "geo:48.2,-16.4"


@pytest.mark.parametrize("stable", [False, True], ids=["unstable", "stable"])
async def test_polls_are_asked_answered_and_ended(stage, scene, stable):
    alice, room = scene
    poll = await alice.poll(room, "Tea?", "yes", "no", stable=stable)
    vote = await alice.vote(room, poll, 1, stable=stable)
    end = await alice.end_poll(room, poll, stable=stable)
    prefix = "m" if stable else "org.matrix.msc3381"
    for event_id, kind in ((poll, "start"), (vote, "response"), (end, "end")):
        event = await pushed(stage, event_id)
        assert event["type"] == f"{prefix}.poll.{kind}"
        assert event_id == poll or event["content"]["m.relates_to"]["event_id"] == poll


async def test_a_room_changes_as_its_members_say(stage, scene):
    alice, room = scene
    event = await alice.say(room, "keep this")
    sent = [
        await alice.set_name(room, "Name"),
        await alice.set_topic(room, "Topic"),
        await alice.set_avatar(room, "mxc://localhost/abc"),
        await alice.pin(room, event),
        await alice.set_power(room, stage.bot, 50),
    ]
    assert [(await pushed(stage, event_id))["type"] for event_id in sent] == [
        *("m.room.name", "m.room.topic", "m.room.avatar"),
        *("m.room.pinned_events", "m.room.power_levels"),
    ]
    assert await alice.pinned(room) == [event]
    await alice.unpin(room, event)
    assert await alice.pinned(room) == []
    assert (await alice.state(room, "m.room.power_levels"))["users"][stage.bot] == 50


async def test_memberships_change_with_a_reason(stage, scene):
    alice, room = scene
    ghost = await stage.ghost()
    await alice.invite(room, ghost, "come")
    await stage.bridge.ask("POST", f"/v3/join/{room}", {}, user=ghost)
    await alice.kick(room, ghost, "go")
    await alice.ban(room, ghost, "stay away")
    await alice.unban(room, ghost, "forgiven")

    def seen():
        events = [event for event in stage.bridge.events if event.get("state_key") == ghost]
        return [
            (event["content"]["membership"], event["content"].get("reason")) for event in events
        ]

    await stage.bridge.wait_for(lambda: len(seen()) > 4)
    assert seen() == [
        *(("invite", "come"), ("join", None), ("leave", "go")),
        *(("ban", "stay away"), ("leave", "forgiven")),
    ]


async def test_a_member_without_power_is_refused(stage, scene):
    alice, room = scene
    ghost = await stage.ghost()
    await alice.invite(room, ghost)
    await stage.bridge.ask("POST", f"/v3/join/{room}", {}, user=ghost)
    path, body = f"/v3/rooms/{room}", {"user_id": stage.bot}
    for action in ("kick", "ban"):
        with stage.refused(403, "M_FORBIDDEN"):
            await stage.bridge.ask("POST", f"{path}/{action}", body, user=ghost)
    contents = {
        "name": {"name": "x"},
        "topic": {"topic": "x"},
        "avatar": {},
        "pinned_events": {},
        "tombstone": {"replacement_room": "!x:y"},
        "power_levels": {},
    }
    for kind, content in contents.items():
        with stage.refused(403, "M_FORBIDDEN"):
            await stage.bridge.ask("PUT", f"{path}/state/m.room.{kind}", content, user=ghost)


@pytest.mark.parametrize(
    ("kind", "content", "errcode"),
    [
        ("m.room.name", {}, "M_UNKNOWN"),
        ("m.room.topic", {"topic": 1}, "M_UNKNOWN"),
        ("m.room.tombstone", {}, "M_UNKNOWN"),
        ("m.room.power_levels", {"ban": "50"}, "M_BAD_JSON"),
        ("m.room.power_levels", {"users": {"@a:b": "50"}}, "M_BAD_JSON"),
        ("org.example.x", {"m.mentions": "@a:b"}, "M_BAD_JSON"),
        ("org.example.x", {"m.mentions": {"room": 1}}, "M_BAD_JSON"),
    ],
)
async def test_state_that_says_nonsense_is_refused(stage, kind, content, errcode):
    path = f"/v3/rooms/{await stage.room()}/state/{kind}"
    with stage.refused(400, errcode):
        await stage.bridge.ask("PUT", path, content)


async def test_a_new_profile_shows_in_the_room(stage, scene):
    alice, room = scene
    name = stage.unique("Alice ")
    await alice.set_profile(name, "mxc://localhost/face")
    event = await stage.bridge.event(
        lambda event: (
            event["content"].get("displayname") == name
            and event["content"].get("avatar_url") == "mxc://localhost/face"
        )
    )
    assert (event["room_id"], event["state_key"]) == (room, alice.user_id)


async def test_a_private_receipt_and_one_that_goes_back_are_not_pushed(stage, scene):
    alice, room = scene
    events = [await alice.say(room, str(number)) for number in range(3)]
    await alice.read(room, events[2], private=True)
    await alice.read(room, events[1])
    await alice.read(room, events[0])
    await alice.typing(room)

    def seen():
        bodies = [p.body["ephemeral"] for p in stage.bridge.transactions]
        return [edu for body in bodies for edu in body if edu["room_id"] == room]

    await stage.bridge.wait_for(lambda: any(edu["type"] == "m.typing" for edu in seen()))
    receipts = [edu["content"] for edu in seen() if edu["type"] == "m.receipt"]
    assert [list(content) for content in receipts] == [[events[1]]]
    with stage.refused(400, "M_UNKNOWN"):
        await alice.request("POST", f"/rooms/{room}/receipt/m.seen/{events[0]}", {})


async def test_only_a_redaction_that_is_sent_as_an_event_has_the_timestamp_given(stage, scene):
    alice, room = scene
    del alice
    targets = [await stage.say(room, "x"), await stage.say(room, "y")]
    at = {"ts": "1234567890123"}
    redacted = await stage.bridge.ask(
        "PUT", f"/v3/rooms/{room}/redact/{targets[0]}/{stage.unique()}", {}, query=at
    )
    path = f"/v3/rooms/{room}/send/m.room.redaction/{stage.unique()}"
    sent = await stage.bridge.ask("PUT", path, {"redacts": targets[1]}, query=at)
    plain, dated = [await pushed(stage, one["event_id"]) for one in (redacted, sent)]
    assert plain["origin_server_ts"] != 1234567890123 == dated["origin_server_ts"]
    assert (plain["redacts"], dated["redacts"]) == tuple(targets)
    for target in targets:
        shown = await stage.bridge.ask("GET", f"/v3/rooms/{room}/event/{target}")
        assert shown["content"] == {}


async def test_a_redacted_state_event_keeps_what_the_room_needs(stage, scene):
    alice, room = scene
    name = await alice.set_name(room, "Secret")
    member = await alice.request("GET", f"/rooms/{room}/state/m.room.member/{alice.user_id}")
    assert "displayname" in member
    join = await stage.bridge.ask("GET", f"/v3/rooms/{room}/state")
    (own,) = [event for event in join if event.get("state_key") == alice.user_id]
    for event_id in (name, own["event_id"]):
        await alice.redact(room, event_id)
    assert await alice.state(room, "m.room.name") == {}
    assert await alice.state(room, "m.room.member", alice.user_id) == {"membership": "join"}


async def test_who_has_the_power_may_redact_what_nobody_knows(stage, scene):
    alice, room = scene
    ghost = await stage.ghost()
    await alice.invite(room, ghost)
    await stage.bridge.ask("POST", f"/v3/join/{room}", {}, user=ghost)
    unknown = "$" + 43 * "x"
    await alice.redact(room, unknown)
    path = f"/v3/rooms/{room}/redact/{unknown}/{stage.unique()}"
    with stage.refused(404, "M_NOT_FOUND"):
        await stage.bridge.ask("PUT", path, {}, user=ghost)


async def test_nobody_gives_a_level_above_their_own(stage, scene):
    alice, room = scene
    await alice.set_power(room, stage.bot, 100)
    levels = await alice.state(room, "m.room.power_levels")
    path = f"/v3/rooms/{room}/state/m.room.power_levels"
    for change in (
        {"users": {**levels["users"], "@x:localhost": 101}},
        {"ban": 101},
        {"events": {**levels["events"], "m.room.tombstone": 101}},
    ):
        with stage.refused(403, "M_FORBIDDEN"):
            await stage.bridge.ask("PUT", path, {**levels, **change})


async def test_account_data_is_kept_and_is_its_owners_alone(stage):
    def at(user: str) -> str:
        return f"/v3/user/{user}/account_data/dev.bridgekit.{kind}"

    kind, ghost = stage.unique(), await stage.ghost()
    with stage.refused(404, "M_NOT_FOUND"):
        await stage.bridge.ask("GET", at(stage.bot))
    for count in (1, 2):
        await stage.bridge.ask("PUT", at(stage.bot), {"count": count})
        assert await stage.bridge.ask("GET", at(stage.bot)) == {"count": count}
    for method in ("GET", "PUT"):
        with stage.refused(403, "M_FORBIDDEN"):
            await stage.bridge.ask(method, at(stage.bot), {}, user=ghost)
