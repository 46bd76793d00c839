"""The room in which Alice meets a network: in a scenario, and in a rehearsal.

As where people live: whoever is there may change what it is about, and the bot may put them out.
"""

from __future__ import annotations

from dataclasses import replace

from bridgekit.configuration.config import Network
from bridgekit.configuration.settings import ChatLink
from bridgekit.testing.homeserver.person import Person
from bridgekit.testing.rig import Rig


async def linked_room(
    rig: Rig, alice: Person, network: Network, chat: str, name: str | None = None
) -> str:
    """Make one of Alice's, and configure the network with one more link, of the chat to it."""
    levels = {"users": {rig.config.namespaces.bot_mxid: 100}, "users_default": 50}
    room = await alice.create_room(
        name=name, preset="public_chat", power_level_content_override=levels
    )
    link = ChatLink(chat=chat, room=room)
    rig.others[network.name] = replace(network, links=(*network.links, link))
    return room
