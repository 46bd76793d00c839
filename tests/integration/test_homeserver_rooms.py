"""What the core takes for granted about aliases, namespaces, members and power in rooms.

`stage` is Synapse in one run and the fake in the other: where Synapse fails a test here, the fake
is wrong too.
"""

from __future__ import annotations

DOMAIN = "localhost"


async def test_a_room_made_again_by_its_alias_is_in_use(stage):
    alias = stage.unique("net_")
    await stage.room(room_alias_name=alias)
    with stage.refused(400, "M_ROOM_IN_USE"):
        await stage.room(room_alias_name=alias)


async def test_a_room_takes_an_empty_canonical_alias_and_creation_content_of_ones_own(stage):
    room = await stage.room(
        room_alias_name=stage.unique("net_"),
        creation_content={"org.example.portal": "opaque"},
        initial_state=[{"type": "m.room.canonical_alias", "state_key": "", "content": {}}],
    )
    state = {
        event["type"]: event for event in await stage.bridge.ask("GET", f"/v3/rooms/{room}/state")
    }
    assert state["m.room.canonical_alias"]["content"] == {}
    assert state["m.room.create"]["content"]["org.example.portal"] == "opaque"
    assert state["m.room.create"]["sender"] == stage.bot


async def test_without_one_given_the_alias_becomes_the_canonical_one(stage):
    alias = stage.unique("net_")
    room = await stage.room(room_alias_name=alias)
    content = await stage.bridge.ask("GET", f"/v3/rooms/{room}/state/m.room.canonical_alias")
    assert content == {"alias": f"#{alias}:{DOMAIN}"}


async def test_the_alias_can_be_deleted_afterwards_and_used_again(stage):
    alias = stage.unique("net_")
    path = f"/v3/directory/room/%23{alias}%3A{DOMAIN}"
    room = await stage.room(room_alias_name=alias)
    assert (await stage.bridge.ask("GET", path))["room_id"] == room
    await stage.bridge.ask("DELETE", path)
    with stage.refused(404, "M_NOT_FOUND"):
        await stage.bridge.ask("GET", path)
    await stage.bridge.ask("DELETE", path)
    assert await stage.room(room_alias_name=alias) != room


async def test_an_alias_can_be_put_on_a_room_but_not_twice(stage):
    room = await stage.room()
    path = f"/v3/directory/room/%23{stage.unique('net_')}%3A{DOMAIN}"
    await stage.bridge.ask("PUT", path, {"room_id": room})
    with stage.refused(409, "M_UNKNOWN"):
        await stage.bridge.ask("PUT", path, {"room_id": room})


async def test_a_canonical_alias_must_point_to_the_room(stage):
    room = await stage.room()
    path = f"/v3/rooms/{room}/state/m.room.canonical_alias"
    with stage.refused(400, "M_BAD_ALIAS"):
        await stage.bridge.ask("PUT", path, {"alias": f"#net_nowhere:{DOMAIN}"})


async def test_an_alias_that_the_bridge_does_not_know_is_not_found(stage):
    alias = f"#{stage.unique('net_')}:{DOMAIN}"
    alice = await stage.person()
    with stage.refused(404, "M_NOT_FOUND"):
        await alice.join(alias)
    assert stage.bridge.aliases == [alias]


async def test_an_alias_that_the_bridge_makes_when_asked_can_be_joined(stage):
    name, rooms = stage.unique("net_"), []

    async def make(_alias):
        rooms.append(await stage.room(room_alias_name=name, preset="public_chat"))
        return True

    stage.bridge.on_alias = make
    alice = await stage.person()
    assert [await alice.join(f"#{name}:{DOMAIN}")] == rooms
    assert alice.user_id in await alice.members(rooms[0])


async def test_a_bridge_registers_only_users_of_its_namespace(stage):
    with stage.refused(400, "M_EXCLUSIVE"):
        await stage.register(stage.unique("other_"))


async def test_a_ghost_registered_twice_is_in_use(stage):
    name = stage.unique("net_")
    assert (await stage.register(name))["user_id"] == f"@{name}:{DOMAIN}"
    with stage.refused(400, "M_USER_IN_USE"):
        await stage.register(name)


async def test_the_bot_acts_without_being_registered(stage):
    assert (await stage.bridge.ask("GET", "/v3/account/whoami"))["user_id"] == stage.bot
    room = await stage.room()
    assert room in (await stage.bridge.ask("GET", "/v3/joined_rooms"))["joined_rooms"]


async def test_the_bot_has_no_profile_until_it_is_registered_which_it_can_be_once(stage):
    room = await stage.room()
    member = f"/v3/rooms/{room}/state/m.room.member/{stage.bot}"
    name = stage.bot[1:].partition(":")[0]
    if (await stage.bridge.ask("GET", member)) == {"membership": "join"}:
        assert (await stage.register(name))["user_id"] == stage.bot
    with stage.refused(400, "M_USER_IN_USE"):
        await stage.register(name)


async def test_aliases_of_the_namespace_are_for_the_bridge_and_others_are_not(stage):
    alice = await stage.person()
    with stage.refused(400, "M_EXCLUSIVE"):
        await alice.create_room(room_alias_name=stage.unique("net_"))
    with stage.refused(400, "M_EXCLUSIVE"):
        await stage.room(room_alias_name=stage.unique("other_"))


async def test_a_bridge_masquerades_only_as_users_of_its_namespace_that_are_registered(stage):
    alice = await stage.person()
    for user in (alice.user_id, f"@{stage.unique('net_')}:{DOMAIN}"):
        with stage.refused(403, "M_FORBIDDEN"):
            await stage.bridge.ask("GET", "/v3/account/whoami", user=user)
    ghost = await stage.ghost()
    answer = await stage.bridge.ask("GET", "/v3/account/whoami", user=ghost)
    assert answer["user_id"] == ghost


async def test_an_unknown_token_is_refused(stage):
    with stage.refused(401, "M_UNKNOWN_TOKEN"):
        await stage.bridge.ask("GET", "/v3/account/whoami", token="wrong")


async def test_a_private_room_is_entered_by_invitation_only(stage):
    ghost, room = await stage.ghost(), await stage.room()
    with stage.refused(403, "M_FORBIDDEN"):
        await stage.bridge.ask("POST", f"/v3/join/{room}", {}, user=ghost)
    await stage.bridge.ask("POST", f"/v3/rooms/{room}/invite", {"user_id": ghost})
    await stage.bridge.ask("POST", f"/v3/join/{room}", {}, user=ghost)
    joined = await stage.bridge.ask("GET", f"/v3/rooms/{room}/joined_members", user=ghost)
    assert set(joined["joined"]) == {ghost, stage.bot}


async def test_who_is_banned_can_neither_join_nor_be_invited(stage):
    ghost, room = await stage.ghost(), await stage.room(preset="public_chat")
    await stage.bridge.ask("POST", f"/v3/rooms/{room}/ban", {"user_id": ghost})
    with stage.refused(403, "M_BAD_STATE"):
        await stage.bridge.ask("POST", f"/v3/join/{room}", {}, user=ghost)
    with stage.refused(403, "M_BAD_STATE"):
        await stage.bridge.ask("POST", f"/v3/rooms/{room}/invite", {"user_id": ghost})
    await stage.bridge.ask("POST", f"/v3/rooms/{room}/unban", {"user_id": ghost})
    await stage.bridge.ask("POST", f"/v3/join/{room}", {}, user=ghost)


async def test_who_is_in_the_room_cannot_be_invited(stage):
    room = await stage.room()
    with stage.refused(403, "M_FORBIDDEN"):
        await stage.bridge.ask("POST", f"/v3/rooms/{room}/invite", {"user_id": stage.bot})


async def test_kicking_needs_power_and_somebody_to_kick(stage):
    ghost, other = await stage.ghost(), await stage.ghost()
    room = await stage.room(preset="public_chat", invite=[ghost, other])
    for user in (ghost, other):
        await stage.bridge.ask("POST", f"/v3/join/{room}", {}, user=user)
    kick = f"/v3/rooms/{room}/kick"
    with stage.refused(403, "M_FORBIDDEN"):
        await stage.bridge.ask("POST", kick, {"user_id": other}, user=ghost)
    await stage.bridge.ask("POST", kick, {"user_id": other})
    with stage.refused(403, "M_FORBIDDEN"):
        await stage.bridge.ask("POST", kick, {"user_id": other})


async def test_a_room_nobody_knows_is_forbidden_to_write_and_unknown_to_join_or_leave(stage):
    room = "!" + 43 * "A"
    with stage.refused(403, "M_FORBIDDEN"):
        await stage.say(room, "hello")
    with stage.refused(404, "M_UNKNOWN"):
        await stage.bridge.ask("POST", f"/v3/join/{room}", {})
    with stage.refused(404, "M_UNKNOWN"):
        await stage.bridge.ask("POST", f"/v3/rooms/{room}/leave", {})


async def test_leaving_again_or_without_having_been_there(stage):
    ghost, other = await stage.ghost(), await stage.ghost()
    room = await stage.room(preset="public_chat")
    leave = f"/v3/rooms/{room}/leave"
    await stage.bridge.ask("POST", f"/v3/join/{room}", {}, user=ghost)
    await stage.bridge.ask("POST", leave, {}, user=ghost)
    await stage.bridge.ask("POST", leave, {}, user=ghost)
    with stage.refused(403, "M_FORBIDDEN"):
        await stage.bridge.ask("POST", leave, {}, user=other)


async def test_an_invited_bot_has_no_power_and_the_creator_has_all(stage):
    alice = await stage.person()
    room = await alice.create_room(invite=[stage.bot])
    assert ":" not in room
    await stage.bridge.ask("POST", f"/v3/join/{room}", {})
    with stage.refused(403, "M_FORBIDDEN"):
        await stage.bridge.ask("PUT", f"/v3/rooms/{room}/state/m.room.name", {"name": "mine"})
    levels = await alice.state(room, "m.room.power_levels")
    assert levels["users"] == {}
    levels["users"] = {stage.bot: 100}
    await alice.set_state(room, "m.room.power_levels", levels)
    await stage.bridge.ask("PUT", f"/v3/rooms/{room}/state/m.room.name", {"name": "mine"})
    with stage.refused(403, "M_FORBIDDEN"):
        await stage.bridge.ask("POST", f"/v3/rooms/{room}/kick", {"user_id": alice.user_id})


async def test_power_levels_never_name_a_creator(stage):
    room = await stage.room()
    levels = await stage.bridge.ask("GET", f"/v3/rooms/{room}/state/m.room.power_levels")
    levels["users"] = {stage.bot: 100}
    with stage.refused(400, "M_UNKNOWN"):
        await stage.bridge.ask("PUT", f"/v3/rooms/{room}/state/m.room.power_levels", levels)


async def test_everybody_invited_to_a_trusted_room_is_a_creator(stage):
    ghost = await stage.ghost()
    room = await stage.room(preset="trusted_private_chat", invite=[ghost], is_direct=True)
    created = await stage.bridge.ask("GET", f"/v3/rooms/{room}/state/m.room.create")
    assert created == {"room_version": "12", "additional_creators": [ghost]}
    member = await stage.bridge.ask("GET", f"/v3/rooms/{room}/state/m.room.member/{ghost}")
    assert (member["membership"], member["is_direct"]) == ("invite", True)
