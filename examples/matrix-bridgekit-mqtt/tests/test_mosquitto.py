"""What a real Mosquitto does, beyond the contract: nobody here has guessed it."""

from __future__ import annotations

import asyncio
import os

import pytest
from recorder import Recorder, at_work

from bridgekit import ChatID, Message, from_plain
from matrix_bridgekit_mqtt.config import MQTTConfig
from matrix_bridgekit_mqtt.mqtt.packets import LARGEST, text
from matrix_bridgekit_mqtt.mqtt.session import Session, connected
from matrix_bridgekit_mqtt.testing import PROGRAM, Mosquitto, mosquitto

pytestmark = pytest.mark.skipif(
    PROGRAM is None and os.environ.get("CI") != "true", reason="Mosquitto is not installed here"
)
_RETAINED = 0x33


async def retain(session: Session, topic: str, payload: bytes) -> None:
    listening = asyncio.create_task(session.next())
    await session._ask(_RETAINED, payload, text(topic))  # noqa: SLF001 (the bridge retains nothing)
    listening.cancel()


async def said(network: Mosquitto, words: str, host: Recorder) -> None:
    """What was said before has been seen, too."""
    await network.say("bob", Message(from_plain(words)))
    async with asyncio.timeout(30):
        while words not in host.texts:  # noqa: ASYNC110 (it has nothing to wait for)
            await asyncio.sleep(0.01)


async def test_what_is_retained_comes_with_the_link_and_not_with_each_connection() -> None:
    host, attic = Recorder(chats=("home/kitchen", "home/attic")), ChatID("home/attic")
    async with mosquitto() as network:
        async with connected(MQTTConfig(port=network.port, name="window")) as window:
            await retain(window, "home/attic/window", b"is open")
        for words in ("first", "second"):
            async with at_work(network, host) as client:
                await client.enter(attic)
                await said(network, words, host)
    assert sorted(host.texts) == ["first", "is open", "second"]


async def test_what_is_too_large_is_set_aside_and_holds_nothing_up() -> None:
    host = Recorder()
    async with mosquitto() as network, at_work(network, host):
        await network.say("bob", Message(from_plain("x" * LARGEST)))
        await said(network, "after it", host)
    assert host.texts == ["after it"]
    assert len(host.aside) == 1


async def test_it_resumes_a_session_and_says_so() -> None:
    async with mosquitto() as network:
        async with connected(network.settings) as session:
            assert session.resumed
        other = network.settings.model_copy(update={"name": "new here"})
        async with connected(other) as session:
            assert not session.resumed
