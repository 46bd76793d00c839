"""The phone network behind an SMSC that others have written, as the contract wants a network."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import ClientSession, ClientTimeout
from pydantic import SecretStr

from bridgekit import Content, Message, MessageID, from_plain, plain
from bridgekit.testing.contract import FakeNetwork, Heard
from bridgekit.testing.servers import Process
from bridges.sms.alphabet import in_gsm
from bridges.sms.config import Number, SMSConfig
from bridges.sms.segments import segments
from bridges.sms.settings import ProviderSettings
from tests.on_node import modules_of

OWN, BOB = "14155550100", "14155550101"
_THROTTLED, _SUBMIT_FAILED = 0x58, 0x45


@contextmanager
def smsc_process(folder: Path) -> Iterator[dict[str, int]]:
    """Run it until the block ends; its ports."""
    node, modules = modules_of("smpp")
    script = Path(__file__).with_name("smsc.js")
    log = folder / "smsc.log"

    def ready() -> bool:
        return log.exists() and b"}\n" in log.read_bytes()

    environment = {"NODE_PATH": str(modules), "PATH": os.environ["PATH"]}
    process = Process("smsc", (node, str(script)), folder, ready, environment=environment)
    process.start()
    try:
        yield json.loads(log.read_text("utf-8").splitlines()[0])
    finally:
        process.stop()


class Smsc:
    """What phones got, and what they do."""

    def __init__(self, ports: dict[str, int]) -> None:
        self.port = ports["smpp"]
        self._control = f"http://127.0.0.1:{ports['control']}"
        self.got: list[dict[str, Any]] = []
        self._parts: dict[tuple[str, str], dict[int, dict[str, Any]]] = {}
        self._watching = asyncio.Event()

    async def watch(self) -> None:
        """Note what is submitted, until cancelled."""
        async with (
            ClientSession(timeout=ClientTimeout(total=None)) as http,
            http.get(f"{self._control}/events") as events,
        ):
            async for line in events.content:
                self._watching.set()
                if line.strip():
                    self._take(json.loads(line))

    async def ready(self) -> None:
        await self._watching.wait()

    def _take(self, one: dict[str, Any]) -> None:
        """A text in parts counts when all of them are there, as on a phone."""
        header = bytes.fromhex(one["header"])
        if one["sar"]:
            reference, total, number = one["sar"]
        elif header:
            reference, total, number = header[-3], header[-2], header[-1]
        else:
            self.got.append(one)
            return
        parts = self._parts.setdefault((one["to"], f"{reference} {total}"), {})
        parts[number] = one
        if len(parts) == total:
            text = "".join(parts[number]["text"] for number in sorted(parts))
            self.got.append({**one, "text": text, "parts": total})
            del self._parts[one["to"], f"{reference} {total}"]

    async def do(self, what: str, **about: Any) -> None:
        async with (
            ClientSession() as http,
            http.post(f"{self._control}/do", json={"what": what, **about}) as response,
        ):
            assert response.status == 200

    async def text(self, words: str, **about: Any) -> None:
        """Bob texts this, in as many parts as it takes."""
        cut = segments(words)
        coding = 0 if in_gsm(words) else 8
        for index, part in enumerate(cut.parts):
            extra: dict[str, Any] = {"coding": coding, **about}
            if len(cut) > 1:
                extra["header"] = bytes([5, 0, 3, len(words) & 255, len(cut), index + 1]).hex()
            await self.do("text", **{"from": BOB, "to": OWN, "text": part, **extra})


class SmscNetwork(FakeNetwork):
    """Bob's phone, seen from the bridge through SMPP."""

    chat = f"{OWN}/{BOB}"
    direct = True

    def __init__(self, smsc: Smsc) -> None:
        self.smsc = smsc

    @property
    def settings(self) -> SMSConfig:
        account = ProviderSettings(
            provider="smpp",
            api_url=f"smpp://127.0.0.1:{self.smsc.port}",
            user="bridge",
            secret=SecretStr("tulip-7"),
            options={"interval": "1"},
        )
        return SMSConfig(
            providers={"smpp": account},
            numbers={OWN: Number(rate=100.0, burst=100)},
            per_minute=1000,
            segments=255,
        )

    async def say(self, who: str, content: Content) -> MessageID | None:
        del who
        assert isinstance(content, Message)
        await self.smsc.text(plain(content.text))
        return None

    def heard(self) -> Sequence[Heard]:
        return [
            Heard(Message(from_plain(one["text"])), MessageID(f"smpp:{one['id']}"))
            for one in self.smsc.got
        ]

    async def drop(self) -> None:
        await self.smsc.do("drop")

    async def refuse(self) -> None:
        await self.smsc.do("refuse")
        await self.smsc.do("drop")

    async def reject(self) -> None:
        await self.smsc.do("trouble", status=_SUBMIT_FAILED)

    async def lose(self, *, taken: bool) -> None:
        await self.smsc.do("trouble", lose="after" if taken else "before")

    async def garble(self) -> None:
        # DELIVER_SM whose body is nothing.
        await self.smsc.do("raw", octets="00000010 00000005 00000000 7000000f".replace(" ", ""))


@asynccontextmanager
async def smsc() -> AsyncIterator[Smsc]:
    """An SMSC of its own, watched."""
    with TemporaryDirectory(prefix="smsc-") as folder, smsc_process(Path(folder)) as ports:
        made = Smsc(ports)
        watching = asyncio.create_task(made.watch())
        try:
            await made.ready()
            yield made
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


@asynccontextmanager
async def smsc_network() -> AsyncIterator[SmscNetwork]:
    async with smsc() as made:
        yield SmscNetwork(made)
