"""The checks of `doctor` for configured links: are they linked, and to the rooms that are meant."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import ClientSession, ClientTimeout

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.bridge import database_url
from bridgekit.cli.asking import OK, Asking
from bridgekit.cli.output import count
from bridgekit.configuration.config import Config, Network
from bridgekit.configuration.link_check import chat_of, unconfirmed, unconnected
from bridgekit.configuration.settings import ChatLink, SQLiteFile
from bridgekit.errors import DatabaseError
from bridgekit.ids import PortalKey
from bridgekit.mistakes.of_people import (
    LINK_ELSEWHERE,
    LINK_LEFT,
    LINK_SHARED,
    LINK_WITHOUT_ROOM,
)
from bridgekit.models import Portal
from bridgekit.store.beside import reading
from bridgekit.store.moved import MovedRows
from bridgekit.store.portals import PortalRows
from bridgekit.store.reader import Reader

_PATIENCE = ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class _Link:
    """A link and what has become of it; `portal` None: nothing yet."""

    network: Network
    link: ChatLink
    portal: Portal | None

    def __str__(self) -> str:
        return f"{self.network.name} {self.link.chat}"


async def links(config: Config) -> AsyncIterator[Finding]:
    """Only where the configuration links anything; what cannot be asked is left out."""
    for finding in _shared(config):
        yield finding
    found = await _found(config)
    if not found:
        return
    inside, resolved = await _asked(config, found)
    faults = [fault for one in found if (fault := _fault(one, config, inside, resolved))]
    for fault in faults:
        yield fault
    linked = len(found) - len(faults)
    if linked:
        yield Finding(Severity.OK, f"{linked} of {count(len(found), 'chat')} linked as configured.")


def _shared(config: Config) -> Iterator[Finding]:
    configured = {name: network.links for name, network in config.networks.items()}
    for room, several in unconfirmed(configured):
        chats = ", ".join(f"{name} {link.chat}" for name, link in several)
        yield LINK_SHARED.found(f"{chats}: linked to the same room, {room}.")


async def _found(config: Config) -> list[_Link]:
    """What the database knows of each link; nothing where there is no database to read."""
    where = config.database
    if isinstance(where, SQLiteFile) and not where.is_there:
        return []
    try:
        async with reading(database_url(config)) as reader:
            return [
                _Link(network, link, await _portal(reader, network, link))
                for network in config.networks.values()
                for link in network.links
            ]
    except DatabaseError:
        return []  # the check of the database has said so


async def _portal(reader: Reader, network: Network, link: ChatLink) -> Portal | None:
    chat = chat_of(unconnected(network.adapter, network.adapter_config), link)
    if chat is None:
        return None
    key, rows = PortalKey(network.name, chat), PortalRows(reader)
    moved = await MovedRows(reader).portal(key)
    return await rows.by_key(key) or (None if moved is None else await rows.by_id(moved))


async def _asked(
    config: Config, found: list[_Link]
) -> tuple[frozenset[str] | None, dict[str, str]]:
    """The rooms that the bot is in (None: nobody says), and which ones the aliases name."""
    resolved: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(ClientSession(timeout=_PATIENCE))
        ask = Asking(config, session)
        rooms = await ask.rooms_of_bot()
        if rooms is None:
            return None, resolved
        for alias in {one.link.room for one in found if (one.link.room or "").startswith("#")}:
            named = await ask("GET", f"v3/directory/room/{quote(str(alias), safe='')}")
            if named.status == OK:
                resolved[str(alias)] = named.get("room_id")
    return frozenset(rooms), resolved


def _fault(
    one: _Link, config: Config, inside: frozenset[str] | None, resolved: dict[str, str]
) -> Finding | None:
    bot, room = config.namespaces.bot_mxid, None if one.portal is None else one.portal.room
    wanted = one.link.room
    if room is None:
        fix = "Start the bridge; if it runs, its log says why, in `link without a room`."
        if wanted is not None:
            fix = f"Start the bridge, and invite {bot} into {wanted}, or check its name."
        return LINK_WITHOUT_ROOM.found(f"{one} is not linked to a room yet.", fix)
    if inside is not None and room not in inside:
        return LINK_LEFT.found(
            f"{one} is linked to {room}, which the bridge is no longer in.",
            f"Invite {bot} there; if the room is gone, link the chat to another one.",
        )
    meant = None if wanted is None else resolved.get(wanted, wanted)
    if meant is not None and meant.startswith("!") and meant != room:
        return LINK_ELSEWHERE.found(
            f"{one} is linked to {room}, not to {wanted} as the configuration says.",
            f"Write room: {room} in the link, or leave `room` out.",
        )
    return None
