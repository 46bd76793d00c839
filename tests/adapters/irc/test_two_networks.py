"""Two IRC networks in one process: each has its people and rooms, and numbers of its own."""

from contextlib import AsyncExitStack

import pytest
from aiohttp import ClientSession

from bridgekit import Message, Text, plain
from bridgekit.configuration.config import Network
from bridgekit.configuration.operation_settings import OperationSettings
from bridgekit.ids import NetworkName
from bridgekit.testing.rig import Rig
from bridgekit.testing.servers import free_port
from bridges.irc import IRCAdapter
from bridges.irc.fake import MODERN, fake_irc


@pytest.fixture
async def stage(tmp_path, database):
    """A bridge between both networks; what each is, and where the numbers are."""
    async with AsyncExitStack() as stack:
        sides = {
            "old": await stack.enter_async_context(fake_irc()),
            "new": await stack.enter_async_context(fake_irc(*MODERN)),
        }
        others = [
            Network(NetworkName(name), IRCAdapter, side.settings, ())
            for name, side in sides.items()
        ]
        rig = await stack.enter_async_context(Rig(tmp_path, database=database, others=others))
        port = free_port()
        rig.settings["operations"] = OperationSettings(listen=f"127.0.0.1:{port}")
        await rig.start()
        yield rig, sides, f"http://127.0.0.1:{port}/metrics"


async def numbers(url, so):
    """What is counted, once it is so: asked again and again."""
    async with ClientSession() as http:
        while True:
            async with http.get(url) as response:
                rows = (line.rpartition(" ") for line in (await response.text()).splitlines())
                found = {name: float(value) for name, _, value in rows if name[:1] != "#"}
            if so(found):
                return found


def connections(network, change):
    return f'bridgekit_connections_total{{change="{change}",network="{network}"}}'


def delivered(network, direction):
    labels = f'direction="{direction}",network="{network}",outcome="delivered"'
    return f"bridgekit_events_total{{{labels}}}"


async def test_each_of_two_networks_has_people_rooms_and_numbers_of_its_own(stage):
    rig, sides, url = stage
    alice, rooms = rig.hs.person("alice"), {}
    for name, side in sides.items():
        rooms[name] = await alice.join(f"#{name}_#room:example.org")
        await side.say("bob", Message((Text(f"from {name}"),)))
        await alice.wait_for(rooms[name], said(f"from {name}", by=f"@{name}_bob:example.org"))
    await alice.say(rooms["old"], "for one of them")
    found = await numbers(url, lambda found: delivered("old", "to_network") in found)
    assert found[delivered("old", "to_network")] == 1
    assert delivered("new", "to_network") not in found
    assert ("for one of them" in heard(sides["old"])) > ("for one of them" in heard(sides["new"]))
    # The bot's connection, and on one of them alice's.
    assert [found[connections(name, "connected")] for name in sides] == [2, 1]
    await sides["new"].drop()
    found = await numbers(url, lambda found: found[connections("new", "dropped")])
    assert found[connections("old", "dropped")] == 0


def said(body, by):
    return lambda event: event["content"].get("body") == body and event["sender"] == by


def heard(side):
    contents = (one.content for one in side.heard())
    return [plain(content.text) for content in contents if isinstance(content, Message)]
