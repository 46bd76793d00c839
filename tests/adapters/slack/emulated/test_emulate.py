"""The main scenarios against a Slack that others wrote, npm's `emulate`: our fake judges itself."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from bridgekit.configuration.config import Network
from bridgekit.configuration.settings import ChatLink
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, LoginID, NetworkName
from bridgekit.testing.homeserver.person import Person
from bridgekit.testing.rig import Rig
from bridgekit.testing.servers import Process, free_port
from bridges.slack import SlackAdapter
from bridges.slack.config import SlackConfig
from bridges.slack.web_api import WebAPI

JSON = dict[str, Any]
ROOT = Path(__file__).parents[4]
FOLDER = ROOT / ".servers" / "node"
NODE = shutil.which("node", path=f"{FOLDER / 'bin'}:{os.environ.get('PATH', '')}")
MODULES = FOLDER / "node_modules"

pytestmark = pytest.mark.skipif(
    (NODE is None or not (MODULES / "emulate").is_dir()) and os.environ.get("CI") != "true",
    reason="npm's emulate is not installed here; `make servers` does that where there is npm",
)


@pytest.fixture(scope="module")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JSON]:
    """Where it listens, and its one channel."""
    port, folder = free_port(), tmp_path_factory.mktemp("emulate")
    script = Path(__file__).with_name("slack.mjs")
    command = [str(NODE), str(script), str(MODULES), str(port)]
    log = folder / "emulate.log"
    process = Process("emulate", command, folder, lambda: "api_url" in log.read_text())
    process.start()
    try:
        line = next(one for one in log.read_text().splitlines() if one.startswith("{"))
        yield json.loads(line)
    finally:
        process.stop()


@dataclass(slots=True)
class Stage:
    """Alice in the room of the channel, Bob on Slack."""

    rig: Rig
    alice: Person
    room: str
    bob: WebAPI
    slack: JSON

    @property
    def channel(self) -> str:
        return str(self.slack["channel"])

    async def seen(self, condition: Callable[[JSON], object]) -> JSON:
        found: JSON = await self.alice.wait_for(
            self.room, lambda event: event["sender"].startswith("@slack_") and condition(event)
        )
        return found

    async def says(self, text: str) -> str:
        answer = await self.bob.call("chat.postMessage", channel=self.channel, text=text)
        return str(answer["ts"])

    async def members(self) -> list[str]:
        answer = await self.bob.call("conversations.members", channel=self.channel)
        found: list[str] = answer["members"]
        return found

    async def history(self) -> list[JSON]:
        answer = await self.bob.call("conversations.history", channel=self.channel)
        found: list[JSON] = answer["messages"]
        return found

    async def heard(self, condition: Callable[[JSON], object]) -> JSON:
        """A message on Slack, once it is there: each event on Matrix is a moment to look."""
        while True:
            for one in await self.history():
                if condition(one):
                    return one
            await self.bob.call("auth.test")  # gives the bridge its turn


@pytest.fixture
async def stage(slack: JSON, tmp_path: Path) -> AsyncIterator[Stage]:
    config = SlackConfig.model_validate(
        {"api_url": slack["api_url"], "bot_token": "xoxb-bridge", "app_token": "xapp-test"}
    )
    name = NetworkName("slack")
    unlinked = Network(name, SlackAdapter, config, ())
    rig = Rig(tmp_path, networks=(), others=(unlinked,), public=True)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(rig)
        alice = rig.hs.person("alice")
        levels = {"users_default": 100}
        room = await alice.create_room(preset="public_chat", power_level_content_override=levels)
        chat = f"{slack['team']}/{slack['channel']}"
        links = (ChatLink(chat=chat, room=room),)
        rig.others[name] = Network(name, SlackAdapter, config, links)
        http = await stack.enter_async_context(ClientSession())
        bob = WebAPI("xoxb-bob", http, slack["api_url"])
        await bob.call("conversations.join", channel=slack["channel"])
        bridge = await rig.start()
        assert bridge.parts is not None
        known = bridge.parts.networks.get(name)
        assert known is not None
        await known.logins.ready(LoginID("slack:bot"), Chat(ChatID(chat)), 20.0)
        made = Stage(rig, alice, room, bob, slack)
        bot = (await WebAPI("xoxb-bridge", http, slack["api_url"]).call("auth.test"))["user_id"]
        while bot not in await made.members():  # what is said before, nobody is told
            await bob.call("auth.test")
        await made.says("is anybody there?")
        await made.seen(lambda event: event["content"].get("body") == "is anybody there?")
        yield made


async def test_both_sides_speak_edit_react_and_delete(stage: Stage) -> None:
    ts = await stage.says("a typo")
    said = await stage.seen(lambda event: event["content"].get("body") == "a typo")
    await stage.bob.call("chat.update", channel=stage.channel, ts=ts, text="no *typo*")
    await stage.seen(
        lambda event: event["content"].get("m.new_content", {}).get("body") == "no typo"
    )
    await stage.bob.call("reactions.add", channel=stage.channel, timestamp=ts, name="wave")
    await stage.seen(lambda event: event["type"] == "m.reaction")
    await stage.alice.react(stage.room, said["event_id"], "🎉")
    await stage.heard(
        lambda one: one["ts"] == ts and "tada" in [r["name"] for r in one.get("reactions", [])]
    )
    event = await stage.alice.say(stage.room, "good *day* <!channel>")
    post = await stage.heard(lambda one: "good" in one.get("text", ""))
    assert "<!channel>" not in post["text"]
    await stage.alice.edit(stage.room, event, "good night")
    await stage.heard(lambda one: one["ts"] == post["ts"] and "night" in one["text"])
    await stage.alice.redact(stage.room, event)
    while any(one["ts"] == post["ts"] for one in await stage.history()):
        await stage.bob.call("auth.test")
    await stage.bob.call("chat.delete", channel=stage.channel, ts=ts)
    await stage.alice.wait_for(stage.room, lambda event: event["type"] == "m.room.redaction")


async def test_threads_go_both_ways(stage: Stage) -> None:
    root = await stage.says("a long story")
    event = await stage.seen(lambda event: event["content"].get("body") == "a long story")
    await stage.bob.call("chat.postMessage", channel=stage.channel, text="in it", thread_ts=root)
    answer = await stage.seen(lambda event: event["content"].get("body") == "in it")
    relation = answer["content"]["m.relates_to"]
    assert (relation["rel_type"], relation["event_id"]) == ("m.thread", event["event_id"])
    await stage.alice.thread(stage.room, event["event_id"], "me too")
    while True:
        found = await stage.bob.call("conversations.replies", channel=stage.channel, ts=root)
        if any("me too" in one["text"] for one in found["messages"]):
            break


async def test_files_go_both_ways(stage: Stage) -> None:
    place = await stage.bob.call("files.getUploadURLExternal", filename="a.txt", length=11)
    async with ClientSession() as http:
        await http.post(place["upload_url"], data=b"the content")
    files = [{"id": place["file_id"], "title": "a.txt"}]
    await stage.bob.call("files.completeUploadExternal", files=files, channel_id=stage.channel)
    event = await stage.seen(lambda event: event["content"].get("url"))
    assert await stage.alice.download(event["content"]["url"]) == b"the content"
    await stage.alice.send_file(stage.room, "b.txt", "text/plain", b"from matrix")
    post = await stage.heard(lambda one: "b.txt" in [file["name"] for file in one.get("files", [])])
    headers = {"Authorization": "Bearer xoxb-bob"}
    url = post["files"][0]["url_private_download"]
    async with ClientSession() as http, http.get(url, headers=headers) as response:
        assert await response.read() == b"from matrix"


async def test_a_connection_that_is_refreshed_loses_nothing(stage: Stage) -> None:
    async with ClientSession() as http:
        await http.post(f"{stage.slack['origin']}/_test/disconnect")
    texts = [f"meanwhile {number}" for number in range(5)]
    for text in texts:
        await stage.says(text)
    await stage.seen(lambda event: event["content"].get("body") == texts[-1])
    bodies = [body for body in await stage.alice.bodies(stage.room) if body in texts]
    assert bodies == texts
