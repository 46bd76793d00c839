"""The same with a real Synapse in place of the fake homeserver."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import ClientSession

from benchmarks.child import child
from benchmarks.ends.said import BOT, DOMAIN
from benchmarks.entrants.known import DURABLE_CEILING
from benchmarks.entrants.setting import Entrant, Setting, registration
from benchmarks.figures import Figures, percentile
from benchmarks.running import Running, World
from benchmarks.scale import Scale
from benchmarks.scenarios.flow import faults, processor
from bridgekit.testing.servers import Synapse, free_port, synapse

PEOPLE, ROOMS = 20, 10
PREFIX = "/_matrix/client/v3"
READY = 60.0


async def measure(entrant: Entrant, folder: Path, scale: Scale) -> Figures:
    """One round. The ceiling is people who talk with each other, ten at a time."""
    warm, count, rate = 2 * PEOPLE, max(scale.flood // 20, PEOPLE), 10
    paced = scale.paced[rate]
    amount = {"places": ROOMS, "people": PEOPLE, "patience": READY, "window": 100}
    async with _world(entrant, folder) as place:
        ask, key = place.ends.ask, "synapse"
        if entrant.name == DURABLE_CEILING:
            flood = await ask("direct", first=0, count=count, size=ROOMS, **amount)
            waits = await ask("direct", first=count, count=paced, rate=rate, **amount)
            return _figures(f"{key}/to_matrix", flood, waits) | _figures(
                f"{key}/to_network", flood, waits
            )
        await place.entrant.start()
        joined = await ask("joined", channels=ROOMS, within=READY)
        if joined["joined"] < ROOMS:
            raise RuntimeError(f"it is not at work after {READY:g} s:\n{place.entrant.said()}")
        figures: Figures = {}
        for order in ("to_matrix", "to_network"):
            # The first messages also register people and have them join.
            await ask(order, first=0, count=warm, size=ROOMS, **amount)
            cpu = place.entrant.cpu()
            flood = await ask(order, first=warm, count=count, size=ROOMS, **amount)
            figures |= processor(f"{key}/{order}", flood, place.entrant.cpu() - cpu)
            waits = await ask(order, first=warm + count, count=paced, rate=rate, **amount)
            figures |= _figures(f"{key}/{order}", flood, waits)
    return figures


def _figures(key: str, flood: Mapping[str, Any], paced: Mapping[str, Any]) -> Figures:
    waits = sorted(paced["waits"])
    figures = {f"{key}/p50_ms": percentile(waits, 0.5) * 1000} if waits else {}
    return figures | {
        f"{key}/messages_per_s": flood["arrived"] / max(flood["seconds"], 1e-6),
        **{of: faults(key, flood)[of] + count for of, count in faults(key, paced).items()},
    }


@asynccontextmanager
async def _world(entrant: Entrant, folder: Path) -> AsyncIterator[World]:
    folder.mkdir(parents=True)  # noqa: ASYNC240 (nothing else runs here meanwhile)
    port = free_port()
    registered = folder / "registration.yaml"
    text = json.dumps(registration(f"http://127.0.0.1:{port}"))
    registered.write_text(text, encoding="utf-8")
    names = [f"m{number}" for number in range(PEOPLE)]
    homeserver = synapse(folder / "synapse", [registered], users=names, domain=DOMAIN, durable=True)
    with homeserver as server:
        tokens = [server.users[name].access_token for name in names]
        rooms = await _rooms(server, tokens)
        async with child("benchmarks.ends.process", folder / "ends.log") as ends:
            irc = (await ends.ask("listen"))["irc"]
            setting = Setting(folder, server.url, irc, port, ROOMS, PEOPLE, rooms=tuple(rooms))
            start = await entrant.prepare(setting)
            await ends.ask("pushes_to", url=setting.url, crowd=PEOPLE)
            await ends.ask("real", url=server.url, tokens=tokens, rooms=rooms)
            running = Running(start.command, folder / "entrant.log")
            try:
                yield World(ends, running, setting)
            finally:
                await running.stop()


async def _rooms(server: Synapse, tokens: Sequence[str]) -> list[str]:
    """Public rooms of the first person, with whoever talks in them; the bot may do everything."""
    levels = {"users": {BOT: 100}}
    wanted = {"preset": "public_chat", "invite": [BOT], "power_level_content_override": levels}
    rooms = []
    async with ClientSession() as session:
        for number in range(ROOMS):
            made = await _post(session, server, tokens[0], "/createRoom", wanted)
            rooms.append(made["room_id"])
            for person in range(number, PEOPLE, ROOMS):
                join = f"/join/{quote(made['room_id'], safe='')}"
                await _post(session, server, tokens[person], join, {})
    return rooms


async def _post(
    session: ClientSession, server: Synapse, token: str, path: str, body: Mapping[str, Any]
) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    async with session.post(f"{server.url}{PREFIX}{path}", json=body, headers=headers) as response:
        response.raise_for_status()
        return await response.json()
