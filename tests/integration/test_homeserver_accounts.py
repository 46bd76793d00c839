"""The end of a ghost's account, as `retire` brings it about: on Synapse and on the fake."""

from __future__ import annotations


async def test_a_ghost_is_deactivated_without_a_password_and_leaves_all_rooms(stage):
    ghost, room = await stage.ghost(), await stage.room(preset="public_chat")
    await stage.bridge.ask("POST", f"/v3/rooms/{room}/join", {}, user=ghost)
    await stage.bridge.ask("POST", "/v3/account/deactivate", {"erase": False}, user=ghost)
    left = await stage.bridge.event(
        lambda event: event.get("state_key") == ghost and event["content"]["membership"] == "leave"
    )
    assert left["room_id"] == room
    with stage.refused(400, "M_USER_IN_USE"):
        await stage.register(ghost[1:].partition(":")[0])
