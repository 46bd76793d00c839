"""The real `bridgekit run` in a process of its own, between a fake homeserver and wires.

Both of those are in this process, which no attack ends: what was said and shown is counted here.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bridgekit.configuration import registration
from bridgekit.configuration.config import load
from bridgekit.configuration.plugins import adapters
from bridgekit.testing.homeserver import FakeHomeserver, Person
from bridgekit.testing.servers import Process, free_port
from bridgekit.testing.servers.process import listens
from tests.real_attack.deadline import last_words, noting
from tests.real_attack.wire import LOOPBACK, Wire, wire
from tests.real_attack.wire_adapter import Memory

DOMAIN = "example.org"
ROOT = Path(__file__).parents[2]
IN_FOLDER = "sqlite:///bridge.db"
IN_DOUBT = "may not have been"

_CONFIG = """\
homeserver: {{url: "{homeserver}", domain: {domain}}}
appservice:
  url: "http://{host}:{port}"
  listen: "{host}:{port}"
  as_token: as-token-of-the-attack-0123456789
  hs_token: hs-token-of-the-attack-0123456789
{public}database: {database}
permissions: {{"*": relay, {domain}: user}}
{more}networks:
{networks}
"""
_NETWORK = "  {name}: {{adapter: wire, port: {port}, memory: {memory}, links: [{links}]}}\n"
# A network whose adapter is not installed has no configuration that could be checked.
_ENTRY_POINT = "[bridgekit.adapters]\n{} = {}\n"
WIRE = ("wire", "tests.real_attack.wire_adapter:WireAdapter")


@dataclass(slots=True)
class Stage:
    """`rooms` are those of each network's chats; `shown` is what each shows of the network."""

    hs: FakeHomeserver
    bridge: Process
    alice: Person
    wires: Mapping[str, Wire]
    config: Path
    starter: Executor
    rooms: dict[tuple[str, str], str] = field(default_factory=dict)
    shown: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    notices: defaultdict[str, list[tuple[str, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """What the bridge's own words answer, and say, by room."""
    bodies: dict[str, str] = field(default_factory=dict)

    @property
    def wire(self) -> Wire:
        return next(iter(self.wires.values()))

    async def start(self) -> None:
        """In a thread that lives on: a child ends with the thread that started it."""
        await asyncio.get_running_loop().run_in_executor(self.starter, self.bridge.start)

    async def kill(self) -> None:
        await asyncio.to_thread(self.bridge.kill)

    async def stop(self) -> None:
        await asyncio.to_thread(self.bridge.stop)

    async def again(self) -> None:
        """`kill -9`, and a start."""
        await self.kill()
        await self.start()

    async def until(self, condition: Callable[[], object]) -> None:
        """Return once it is so; looked at on every change, of the homeserver's and of wires."""
        async for _ in self.hs.changes():
            if condition():
                return

    def told(self, room: str) -> list[str]:
        """The texts of a room whose sender was told that they may not have arrived."""
        return [self.bodies.get(of, "") for of, said in self.notices[room] if IN_DOUBT in said]

    def log(self) -> str:
        return self.bridge.log.read_text(encoding="utf-8", errors="replace")

    async def says(self, words: str) -> None:
        """Return once the bridge's log says so; it has nobody to tell when it grows."""
        while words not in self.log():  # noqa: ASYNC110 (it is a file)
            await asyncio.sleep(0.02)

    async def push(self) -> int:
        """Push one message of somebody else in a bridged room; the status that is answered."""
        content = {"msgtype": "m.text", "body": "that must not be taken now"}
        room = next(iter(self.rooms.values()))
        event = {"type": "m.room.message", "event_id": "$one", "room_id": room, "content": content}
        event |= {"sender": "@nobody:elsewhere", "origin_server_ts": 1, "unsigned": {"age": 1}}
        return await self.hs.push_transaction("one", {"events": [event]})

    def listen(self) -> None:
        """Write down what rooms show as it happens: reading a long room takes its time."""
        self.hs.world.on_event.append(lambda _, event: self._happened(event))

    def _happened(self, event) -> None:
        if event.type != "m.room.message":
            return
        body = event.content.get("body", "")
        if event.sender == f"@bridgebot:{DOMAIN}":
            answered = event.content.get("m.relates_to", {}).get("m.in_reply_to", {})
            self.notices[event.room].append((answered.get("event_id", ""), body))
        elif event.sender == self.alice.user_id:
            self.bodies[event.id] = body
        else:
            self.shown[event.room].append(body)


@asynccontextmanager
async def stage(
    folder: Path,
    *,
    chats: int = 3,
    networks: tuple[str, ...] = ("wire",),
    database: str = IN_FOLDER,
    memory: Memory = "idempotent",
    more: str = "",
) -> AsyncIterator[Stage]:
    """Everything at work, alice in every room. `more` are further lines of the configuration."""
    async with AsyncExitStack() as stack:
        starter = stack.enter_context(ThreadPoolExecutor(1))
        hs = await stack.enter_async_context(FakeHomeserver(DOMAIN))
        known_again = memory == "idempotent"
        wires = {
            name: await stack.enter_async_context(wire(hs.world.changes, idempotent=known_again))
            for name in networks
        }
        names, port = [f"#c{number}" for number in range(chats)], free_port()
        rows = [_network(name, wires[name], memory, names) for name in networks]
        config = folder / "config.yaml"
        text = configuration(hs.url, port, "".join(rows), database=database, more=more)
        config.write_text(text, encoding="utf-8")
        bridge = bridge_process(folder, config, port)
        hs.load_registration(registration_of(folder, config))
        stack.push_async_callback(asyncio.to_thread, bridge.stop)
        place = Stage(hs, bridge, hs.person("alice"), wires, config, starter)
        stack.enter_context(noting(lambda: last_words(bridge.log)))
        place.listen()
        await place.start()
        for name in networks:
            await place.until(lambda name=name: wires[name].connected)
            for chat in names:
                place.rooms[name, chat] = await _join(place, f"#{name}_{chat}:{DOMAIN}")
        yield place


def configuration(
    homeserver: str,
    port: int,
    networks: str,
    *,
    database: str = IN_FOLDER,
    more: str = "",
    public: bool = False,
) -> str:
    """`public`: networks call the bridge where it listens."""
    address = f'  public_url: "http://{LOOPBACK}:{port}"\n' if public else ""
    whole = {"homeserver": homeserver, "database": database, "more": more, "public": address}
    return _CONFIG.format(domain=DOMAIN, host=LOOPBACK, port=port, networks=networks, **whole)


def _network(name: str, wire: Wire, memory: Memory, chats: Sequence[str]) -> str:
    links = ", ".join(f'{{chat: "{chat}"}}' for chat in chats)
    return _NETWORK.format(name=name, port=wire.port, memory=memory, links=links)


async def _join(place: Stage, alias: str) -> str:
    """Once the bridge has made the room."""
    await place.until(lambda: alias in place.hs.world.aliases)
    return await place.alice.join(alias)


def bridge_process(
    folder: Path,
    config: Path,
    port: int,
    name: str = "bridge",
    adapter: tuple[str, str] = WIRE,
) -> Process:
    """`bridgekit run`, to which an adapter (its name, its class) looks installed as any other."""
    _install(folder, *adapter)
    command = [sys.executable, "-m", "bridgekit.cli", "run", "-c", str(config)]
    path = os.pathsep.join([str(ROOT), str(folder)])
    environment = {**os.environ, "PYTHONPATH": path}
    return Process(name, command, folder, lambda: listens(port), environment=environment)


def _install(folder: Path, name: str, adapter: str) -> None:
    """What pip leaves of a package: its name, and where its adapter is."""
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir(exist_ok=True)
    about.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    about.joinpath("entry_points.txt").write_text(_ENTRY_POINT.format(name, adapter))


def registration_of(folder: Path, config: Path) -> dict[str, object]:
    sys.path.append(str(folder))
    try:
        return dict(registration.build(load(config, {}, adapters())).fields())
    finally:
        sys.path.remove(str(folder))
