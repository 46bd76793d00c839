"""heisenbridge (PyPI), in plumbed rooms: its configuration is what the homeserver keeps for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from benchmarks.ends.said import BOT, DOMAIN, NETWORK, channel, nick, room, user
from benchmarks.entrants.setting import Setting, Start, registration

PROGRAM = Path(__file__).parents[1] / "programs" / "heisenbridge_unthrottled.py"
A_NETWORK = 50
"""Channels a network: it joins all of one in a single line, which must not be over 512 bytes."""


@dataclass(frozen=True, slots=True)
class Heisenbridge:
    """In the environment of `python`, which has it."""

    python: str
    name: str = "heisenbridge"
    recovers: bool = True

    async def prepare(self, setting: Setting) -> Start:
        registered = setting.folder / "registration.yaml"
        with registered.open("w", encoding="utf-8") as file:
            YAML(typ="safe").dump(registration(setting.url), file)
        listen = ("-l", "127.0.0.1", "-p", str(setting.listen_port))
        return Start(
            (self.python, str(PROGRAM), "-c", str(registered), *listen, setting.homeserver),
            _kept(setting),
        )


def _joined(setting: Setting, channel_number: int) -> dict[str, Any]:
    """Who is in a room: the bot, and whoever is in its channel, as in the bridge's databases."""
    network = _network(channel_number // A_NETWORK)
    people = range(setting.crowd) if setting.crowd else (channel_number,)
    inside: dict[str, dict[str, str]] = {BOT: {}}
    for person in people:
        inside[f"@{NETWORK}_{network}_{nick(person)}:{DOMAIN}"] = {"display_name": nick(person)}
    return {"joined": inside}


def _kept(setting: Setting) -> dict[str, Any]:
    networks = range((setting.channels + A_NETWORK - 1) // A_NETWORK)
    server = {"address": "127.0.0.1", "port": setting.irc_port, "tls": False}
    config = {"owner": user(0), "networks": {_network(n): _servers(n, server) for n in networks}}
    rooms: dict[str, dict[str, Any]] = {}
    for n in networks:
        rooms[f"!network{n}:{DOMAIN}"] = {
            "type": "NetworkRoom",
            "user_id": user(0),
            "name": _network(n),
            "connected": True,
            "nick": f"heisen{n}",
        }
    for n in range(setting.channels):
        rooms[room(n)] = {
            "type": "PlumbedRoom",
            "user_id": user(0),
            "name": channel(n),
            "network": _network(n // A_NETWORK),
            "network_id": f"!network{n // A_NETWORK}:{DOMAIN}",
        }
    account = f"/user/{BOT}"
    kept: dict[str, Any] = {
        f"{account}/rooms/{where}/account_data/irc": data for where, data in rooms.items()
    }
    for n in range(setting.channels):
        kept[f"/rooms/{room(n)}/joined_members"] = _joined(setting, n)
    joined = {"joined_rooms": list(rooms)}
    return kept | {f"{account}/account_data/irc": config, "/joined_rooms": joined}


def _network(number: int) -> str:
    return f"net{number}"


def _servers(number: int, server: dict[str, Any]) -> dict[str, Any]:
    return {"name": _network(number), "servers": [server]}
