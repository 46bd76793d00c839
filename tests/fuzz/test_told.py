"""Whatever somebody says to the bot: it answers with a sentence of its own, and goes on."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from bridgekit.commands.chat import BROKEN
from tests.fuzz.conftest import Bridge
from tests.fuzz.effort import tries
from tests.fuzz.outside import TEXT

BOT = "@bridgebot:example.org"
_WORDS = st.sampled_from(
    [
        *("help", "whoami", "networks", "search", "link", "unlink", "start", "open", "create"),
        *("new-token", "revoke-token", "tokens", "audit", "sign-in", "relay", "confirm", "delete"),
        *("loop", "#room", "--room", "--confirm", "--", '"', "“", "-1", "0", "read"),
    ]
)
_LINES = st.lists(_WORDS | TEXT, max_size=6).map(" ".join)


def test_whatever_is_said_to_the_bot_is_answered(bridge: Bridge) -> None:
    own = bridge.run(_own_room(bridge))

    @tries(60)
    @given(line=_LINES, prefixed=st.booleans())
    @example(line="search loop \x00", prefixed=False)
    @example(line="new-token a 0 --days=99999999999999999999", prefixed=False)
    def say(line: str, *, prefixed: bool) -> None:
        room = bridge.room if prefixed else own
        bridge.run(_say(bridge, room, f"!bridge {line}" if prefixed else line))

    say()
    bridge.run(bridge.well())
    events = bridge.rig.hs.world.rooms[own].events
    said = [one.content for one in events if one.sender == BOT and one.type == "m.room.message"]
    typed = [
        one for one in events if (one.sender, one.type) == (bridge.alice.user_id, "m.room.message")
    ]
    assert len(said) >= len(typed) > 0
    assert all(BROKEN not in str(content) for content in said)
    assert not [text for text in bridge.rig.network.texts() if text.startswith("!bridge")]


async def _own_room(bridge: Bridge) -> str:
    room = await bridge.alice.create_room(invite=[BOT], direct=True)
    await bridge.alice.wait_for(room, _joined)
    return room


def _joined(event: dict[str, Any]) -> bool:
    return event.get("state_key") == BOT and event["content"].get("membership") == "join"


async def _say(bridge: Bridge, room: str, text: str) -> None:
    await bridge.alice.say(room, text)
    await bridge.quiet()
