"""Alice has lent the bridge her account: what she does on her telephone is hers in the room."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from bridgekit.configuration import registration
from bridgekit.configuration.puppet_settings import PuppetSettings
from bridgekit.testing.rig import DOMAIN, NETWORK
from tests.crash.world import CHAT, LoopbackWorld
from tests.signed_in import keep


def allow(world: LoopbackWorld) -> None:
    """The operator lets the bridge speak as everybody of the homeserver."""
    settings = PuppetSettings(as_token=SecretStr("token-of-the-puppets-0123456789"))
    world.rig.settings["double_puppets"] = {DOMAIN: settings}
    (found,) = registration.puppets(world.rig.config)
    world.hs.load_registration(found.fields())


async def lent(world: LoopbackWorld) -> None:
    """She has signed in with the account that she uses on her telephone, too."""
    await world.join()

    async def order(parts: Any) -> None:
        await keep(parts, "alice", NETWORK)

    await world.operate(order)
    await world.until(lambda: any(one.me == "alice" for one in world.network.clients.values()))
    await world.bob.say(CHAT, "hello", id="hello")
    await world.seen("hello")
    await world.alice.say(world.room, "good day")
    await world.heard("good day")


async def on_her_telephone(world: LoopbackWorld) -> None:
    """She speaks from both sides by turns; nothing of the one is taken for the other's."""
    phone, room = world.network.person("alice"), world.room
    await phone.say(CHAT, "from the tarin", id="m1")
    await world.alice.say(room, "from home")
    home = await world.heard("from home")
    await phone.edit(CHAT, "m1", "from the train", stamp="1")
    await phone.react(CHAT, home, "🎉")
    await phone.say(CHAT, "oops", id="m2")
    await phone.delete(CHAT, "m2")
    await world.bob.say(CHAT, "where are you?", id="m3")
    await phone.say(CHAT, "nearly there", id="m4")
    await world.seen("nearly there")
    await world.alice.say(room, "here")
    await world.heard("here")
