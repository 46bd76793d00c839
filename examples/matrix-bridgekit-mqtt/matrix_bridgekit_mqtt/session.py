"""One connection to a broker: paho's client, driven by asyncio and without threads of its own."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from bridgekit import LoginError, Rejected, RetryLater
from matrix_bridgekit_mqtt.config import MQTTConfig

_REFUSALS = frozenset({133, 134, 135, 138, 140})  # of a name, a password, a client
_FOR_EVER = 0xFFFFFFFF
_CONNACK = 0  # what no packet has as its number
_HOUSEKEEPING = 1.0


class Session:
    """The broker keeps it while we are away, and has one message under way to us at a time."""

    def __init__(self, config: MQTTConfig) -> None:
        self._config = config
        self._loop = asyncio.get_running_loop()
        self._arrived: asyncio.Queue[paho.MQTTMessage | None] = asyncio.Queue()
        self._answers: dict[int, asyncio.Future[ReasonCode]] = {}
        self._over = False
        self._housekeeping: asyncio.TimerHandle | None = None
        self._paho = paho.Client(
            CallbackAPIVersion.VERSION2,
            config.name,
            protocol=paho.MQTTv5,
            manual_ack=True,
            reconnect_on_failure=False,  # the core connects again
        )
        if config.username is not None:
            self._paho.username_pw_set(config.username, config.password)
        if config.tls:
            self._paho.tls_set()
        self._paho.on_message = lambda _, __, message: self._arrived.put_nowait(message)
        self._paho.on_connect = lambda _, __, ___, code, ____: self._give(_CONNACK, code)
        self._paho.on_publish = lambda _, __, number, code, ___: self._give(number, code)
        self._paho.on_subscribe = lambda _, __, number, codes, ___: self._give(number, codes[0])
        self._paho.on_disconnect = lambda *_: self._end()
        self._paho.on_socket_register_write = self._has_to_write
        self._paho.on_socket_unregister_write = lambda _, __, sock: self._written(sock)
        self._paho.on_socket_close = lambda _, __, sock: self._forget(sock)

    async def open(self) -> None:
        answer = self._asked(_CONNACK)
        connecting = self._loop.run_in_executor(None, self._connect)
        try:
            await asyncio.shield(connecting)
        except asyncio.CancelledError:
            await asyncio.wait({connecting})  # a thread cannot be cancelled
            raise
        sock = self._paho.socket()
        if sock is not None:
            self._loop.add_reader(sock, self._read, sock)
        self._keep_house()
        code = await answer
        if code.value in _REFUSALS:
            raise LoginError(f"The MQTT broker refuses the bridge: {code}")
        if code.is_failure:
            raise ConnectionError(f"The MQTT broker does not let the bridge in now: {code}")

    def _connect(self) -> None:
        properties: Any = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = _FOR_EVER
        properties.ReceiveMaximum = 1
        config = self._config
        self._paho.connect(config.host, config.port, clean_start=False, properties=properties)

    async def close(self) -> None:
        self._end()
        self._paho.disconnect()
        self._paho.loop_write()
        if (sock := self._paho.socket()) is not None:  # what was to be sent did not fit any more
            self._forget(sock)
            sock.close()

    async def next(self) -> paho.MQTTMessage:
        """What has arrived, in order; raises once the connection is gone."""
        message = await self._arrived.get()
        if message is None:
            raise _gone()
        return message

    def acknowledge(self, message: paho.MQTTMessage) -> None:
        self._paho.ack(message.mid, message.qos)

    async def publish(self, topic: str, payload: str) -> None:
        """Raises `Rejected` if the broker does; what the connection breaks is in doubt."""
        if self._over:
            raise RetryLater("The connection to the MQTT broker is gone")
        code = await self._asked(self._paho.publish(topic, payload, qos=1).mid)
        if code.is_failure:
            raise Rejected(f"The MQTT broker does not take this on {topic}: {code}")

    async def subscribe(self, pattern: str) -> None:
        options = SubscribeOptions(qos=1, noLocal=True, retainHandling=1)
        number = self._paho.subscribe(pattern, options=options)[1]
        if number is None:
            raise RetryLater("The connection to the MQTT broker is gone")
        code = await self._asked(number)
        if code.is_failure:
            raise Rejected(f"The MQTT broker lets nobody listen to {pattern}: {code}")

    def unsubscribe(self, pattern: str) -> None:
        self._paho.unsubscribe(pattern)

    def _asked(self, number: int) -> asyncio.Future[ReasonCode]:
        answer = self._answers[number] = self._loop.create_future()
        return answer

    def _give(self, number: int, code: ReasonCode) -> None:
        answer = self._answers.pop(number, None)
        if answer is not None and not answer.done():
            answer.set_result(code)

    def _end(self) -> None:
        self._over = True
        self._arrived.put_nowait(None)
        if self._housekeeping is not None:
            self._housekeeping.cancel()
        answers, self._answers = self._answers, {}
        for answer in answers.values():
            if not answer.done():
                answer.set_exception(_gone())
                answer.exception()  # it is no fault if nobody waits any more

    # What paho asks of a loop.

    def _read(self, sock: Any) -> None:
        self._paho.loop_read()
        while isinstance(sock, socket.socket) and getattr(sock, "pending", lambda: 0)() > 0:
            self._paho.loop_read()  # TLS has more than the loop can see

    def _keep_house(self) -> None:
        """Ask for a sign of life where it has been quiet for long."""
        if not self._over:
            self._paho.loop_misc()
            self._housekeeping = self._loop.call_later(_HOUSEKEEPING, self._keep_house)

    def _has_to_write(self, _: Any, __: Any, sock: Any) -> None:
        self._loop.call_soon_threadsafe(self._write, sock)

    def _write(self, sock: Any) -> None:
        if sock.fileno() >= 0 and self._paho.want_write():
            self._loop.add_writer(sock, self._paho.loop_write)

    def _written(self, sock: Any) -> None:
        if sock.fileno() >= 0:
            self._loop.remove_writer(sock)

    def _forget(self, sock: Any) -> None:
        if sock.fileno() >= 0:
            self._loop.remove_reader(sock)
            self._loop.remove_writer(sock)


def _gone() -> ConnectionError:
    return ConnectionError("The connection to the MQTT broker is gone")
