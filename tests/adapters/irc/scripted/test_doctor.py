"""The doctor beside a bridge at work, which has the bot's nick."""

import asyncio
from contextlib import suppress

import pytest

from bridgekit import Chat, ChatID, Severity


@pytest.mark.parametrize(
    ("wanted", "length", "named", "tries"),
    [
        ("bridgekit", 30, "bridgekit_", False),
        ("bridgekit", 9, "bridgeki_", False),
        ("bridgekit", 30, "BridgeKit", True),
        ("a-bridge-bot", 9, "a-bridge-", True),
        ("a-bridge-bot", 9, "a-bridge_", False),
    ],
)
async def test_the_doctor_enters_no_channel_while_somebody_has_the_bots_nick(
    adapter_on, scripted, host, wanted, length, named, tries
):
    """The bridge, mostly: it would show the doctor on Matrix as somebody who comes and goes."""
    entered = []

    async def script(peer):
        await peer.welcome(f"NICKLEN={length}", nick=named)
        with suppress(asyncio.IncompleteReadError):
            while True:
                entered.append(await peer.expect("JOIN"))
                peer.say(f":{named}!u@h JOIN #a", f":s.x 366 {named} #a :End of /NAMES list")

    host.linked = [Chat(ChatID("#a"))]
    async with scripted(script) as port:
        found = [one async for one in adapter_on(port, nick=wanted).check()][-1]
    assert entered == (["JOIN #a"] if tries else [])
    said = "The bot gets into #a." if tries else "Whether the bot gets into #a is tried only"
    assert found.severity is Severity.OK
    assert found.text.startswith(said)
