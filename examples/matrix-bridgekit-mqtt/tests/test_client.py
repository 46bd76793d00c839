"""What the contract does not ask of every network: quality of service, sessions and sizes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from recorder import Recorder, at_work

from bridgekit import ChatID, Rejected, RemoteUserID
from matrix_bridgekit_mqtt.config import MQTTConfig
from matrix_bridgekit_mqtt.mqtt.packets import LARGEST
from matrix_bridgekit_mqtt.mqtt.session import connected
from matrix_bridgekit_mqtt.testing import broker_in_memory
from matrix_bridgekit_mqtt.testing.broker import Said

_DOOR, _HEAT = b"home/kitchen/door", b"home/kitchen/thermometer"


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 (it has nothing to wait for)
            await asyncio.sleep(0)


async def test_what_is_not_acknowledged_does_not_forget_what_is() -> None:
    host, opened = Recorder(), Said(_DOOR, b"opened")
    async with broker_in_memory() as network:
        async with at_work(network, host):
            network.broker.tell(opened)
            await until(lambda: host.texts == ["opened"])
            network.broker.tell(Said(_HEAT, b"21.5 C", qos=0))
            await until(lambda: "21.5 C" in host.texts)
        network.broker.tell_again(opened)  # its acknowledgement was lost
        async with at_work(network, host):
            network.broker.tell(Said(_DOOR, b"closed"))
            await until(lambda: "closed" in host.texts)
    assert host.texts == ["opened", "21.5 C", "closed"]


async def test_what_nobody_waits_for_stays_with_the_broker() -> None:
    many, size = 500, 100_000
    async with broker_in_memory() as network, connected(network.settings) as session:
        network.broker.tell(*[Said(_HEAT, bytes(size), qos=0)] * many)
        for _ in range(10 * many):
            await asyncio.sleep(0)  # who reads on without being asked has read it all now
        assert network.broker.waiting() > many * size / 2
        for _ in range(many):
            assert len((await session.next()).payload) == size
        assert network.broker.waiting() == 0


async def test_a_broker_that_has_forgotten_the_session_is_noticed() -> None:
    async with broker_in_memory() as network:
        resumes = []
        for _ in range(2):
            async with at_work(network, Recorder()) as client:
                resumes.append(client.resumes)
            network.broker.forget()
        async with at_work(network, Recorder()), at_work(network, Recorder()) as client:
            resumes.append(client.resumes)
    assert resumes == [True, False, True]


async def test_a_link_that_is_gone_is_no_longer_listened_to() -> None:
    host = Recorder()
    async with broker_in_memory() as network, at_work(network, host):
        network.broker.patterns.add("home/attic/+")
        network.broker.tell(Said(b"home/attic/window", b"open"))
        await until(lambda: network.broker.patterns == {"home/kitchen/+"})
        assert host.texts == ["open"]  # the core knows what to do with it


async def test_a_chat_that_is_only_about_to_be_linked_is_listened_to() -> None:
    host = Recorder(chats=())
    async with broker_in_memory() as network, at_work(network, host):
        network.broker.tell(Said(_DOOR, b"opened"), Said(_DOOR, b"closed"))
        await until(lambda: host.texts == ["opened", "closed"])
        assert network.broker.patterns == {"home/kitchen/+"}


async def test_leaving_ends_the_subscription() -> None:
    async with broker_in_memory() as network, at_work(network, Recorder()) as client:
        await client.leave(ChatID("home/kitchen"))
        await until(lambda: not network.broker.patterns)


@pytest.mark.parametrize("size", [LARGEST // 2 + 1, LARGEST, 5 * LARGEST + 7])
async def test_what_is_too_large_is_set_aside_and_holds_nothing_up(size: int) -> None:
    host = Recorder()
    async with broker_in_memory() as network, at_work(network, host):
        network.broker.tell(Said(_DOOR, bytes(size)), Said(_DOOR, b"closed"))
        await until(lambda: host.texts == ["closed"])
    assert host.aside == [(_DOOR, "It is too large for a message")]


async def test_of_what_is_too_large_only_the_beginning_is_kept() -> None:
    async with broker_in_memory() as network, connected(network.settings) as session:
        network.broker.tell(Said(_DOOR, bytes(5 * LARGEST), qos=0), Said(_DOOR, b"closed", qos=0))
        assert len((await session.next()).payload) < LARGEST
        assert (await session.next()).payload == b"closed"


async def test_who_waits_for_an_answer_learns_that_the_connection_is_gone() -> None:
    async with broker_in_memory() as network, at_work(network, Recorder()) as client:
        await network.lose(taken=True)
        with pytest.raises(ConnectionError, match="gone"):  # and not TimeoutError
            async with asyncio.timeout(30):
                await client._session.publish("home/kitchen/matrix", "hello")  # noqa: SLF001


@pytest.mark.parametrize("chat", ["", "$share/g/home", "home/+", "home/#", "#", "a\0b"])
async def test_what_is_no_single_topic_cannot_be_entered(chat: str) -> None:
    async with broker_in_memory() as network, at_work(network, Recorder()) as client:
        with pytest.raises(Rejected, match="is no topic"):
            await client.enter(ChatID(chat))


@pytest.mark.parametrize(
    ("topic", "name"), [("home/kitchen/lamp", "lamp"), ("home/kitchen/", "home/kitchen/")]
)
async def test_everybody_has_a_name(topic: str, name: str) -> None:
    async with broker_in_memory() as network, at_work(network, Recorder()) as client:
        assert (await client.user_info(RemoteUserID(topic))).name == name


def test_the_password_is_not_shown() -> None:
    config = MQTTConfig.model_validate({"username": "bridge", "password": "hunter2"})
    assert "hunter2" not in repr(config)
