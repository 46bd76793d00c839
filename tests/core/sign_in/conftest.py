"""A bridge to networks that people sign in to in different ways, and people who do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest

from bridgekit.adapter import Field, Login
from bridgekit.adapter_supports import LoginFlow
from bridgekit.composition.parts import Parts
from bridgekit.configuration.config import Network
from bridgekit.errors import LoginError
from bridgekit.ids import NetworkName, UserID
from bridgekit.permissions.rights import Level
from bridgekit.testing.homeserver import Person
from bridgekit.testing.loopback import LoopbackConfig, LoopbackNetwork
from bridgekit.testing.loopback.adapter import LoopbackAdapter
from bridgekit.testing.rig import Rig

BOT = "@bridgebot:example.org"
ALICE = UserID("@alice:example.org")
BANK = NetworkName("bank")
SECRET = "hunter2-correct-horse"
NICK = Field("nick", "Your nick", pattern="[a-z]+")
PASSWORD = Field("password", "Your password", secret=True)
NOTE = Field("note", "A note", optional=True)
URL = "https://bank.example/authorize"


class BankAdapter(LoopbackAdapter):
    """A network that asks for a password or, of who calls themselves `web`, for a page."""

    async def login(self, flow: LoginFlow) -> Mapping[str, str]:
        nick = (await flow.ask(NICK))["nick"]
        if nick == "web":
            query = await flow.redirect(f"{URL}?state={flow.state}")
            return {"nick": query["nick"], "password": query["code"]}
        answers = await flow.ask(PASSWORD, NOTE)
        if nick == "broken":
            raise RuntimeError(f"the code fails over {answers['password']}")
        if answers["password"] == "wrong":
            raise LoginError("The bank does not know this password.")
        return {"nick": nick, "password": answers["password"]}

    async def sign_out(self, login: Login) -> None:
        self.network.pairing.sign_out(login.credentials["nick"])
        if self.network.refuse is not None:
            raise RuntimeError(f"the code fails over {login.credentials['password']}")

    def automatic_login(self, _: object) -> None:
        return None


@pytest.fixture
def bank() -> LoopbackNetwork:
    return LoopbackNetwork()


@pytest.fixture
async def rig(tmp_path, database, bank) -> AsyncIterator[Rig]:
    class Bank(BankAdapter):
        network = bank

    config = Network(BANK, Bank, LoopbackConfig(), ())
    async with Rig(tmp_path, database=database, others=[config], public=True) as rig:
        rig.permissions = {"*": Level.RELAY, "example.org": Level.USER, ALICE: Level.ADMIN}
        yield rig


def parts(rig: Rig) -> Parts:
    found = rig.bridge.parts
    assert found is not None
    return found


async def alone(rig: Rig, who: str = "alice") -> tuple[Person, str]:
    """A person, and a room of theirs with the bot."""
    person = rig.hs.person(who)
    room = await person.create_room(invite=[BOT], direct=True)
    await person.wait_for(
        room,
        lambda one: one.get("state_key") == BOT and one["content"].get("membership") == "join",
    )
    return person, room


def says(text: str, by: str = BOT) -> Callable[[dict[str, Any]], bool]:
    return lambda one: one["sender"] == by and text in str(one["content"].get("body", ""))


async def sign_in(person: Person, room: str, nick: str, password: str = SECRET) -> None:
    """With a password, until it is said that it worked."""
    await person.say(room, "sign-in bank")
    await person.wait_for(room, says("Your nick"))
    await person.say(room, nick)
    await person.wait_for(room, says("Your password"))
    await person.say(room, password)
    await person.wait_for(room, says("A note"))
    await person.say(room, "-")
    await person.wait_for(room, says(f"signed in to Loopback as {nick}"))


async def told(rig: Rig, text: str) -> str:
    """The room in which the bot has said it."""

    def look() -> str | None:
        for room in rig.hs.world.rooms.values():
            if any(event.sender == BOT and text in _body(event) for event in room.events):
                return str(room.id)
        return None

    return await rig.hs.wait_for(look, f"the bot says: {text}")


def times_told(rig: Rig, text: str) -> int:
    """How often the bot has said it, anywhere."""
    events = [event for room in rig.hs.world.rooms.values() for event in room.events]
    return sum(event.sender == BOT and text in _body(event) for event in events)


def _body(event: Any) -> str:
    return str(event.content.get("body", ""))


async def nth(rig: Rig, room: str, text: str, number: int) -> None:
    """The bot has said it so often in this room."""

    def look() -> bool | None:
        said = (one for one in rig.hs.world.rooms[room].events if one.sender == BOT)
        return sum(text in _body(event) for event in said) >= number or None

    await rig.hs.wait_for(look, f"the bot says {number} times: {text}")
