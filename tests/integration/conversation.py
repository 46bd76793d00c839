"""IRC and loopback in one room of a real Synapse, and everybody who talks there.

Alice has a double puppet, sara only a login, rico neither; bob and rosa are on the networks. Of
two strangers mallory is blocked, and uma in no line of the permissions.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bridgekit.configuration import registration
from bridgekit.configuration.config import Network
from bridgekit.configuration.fallback_settings import FallbackSettings
from bridgekit.configuration.puppet_settings import PuppetSettings
from bridgekit.configuration.settings import ChatLink
from bridgekit.ids import NetworkName
from bridgekit.permissions.rights import Level
from bridgekit.testing.homeserver import Person
from bridgekit.testing.rig import DOMAIN
from bridgekit.testing.servers import Ngircd, people
from bridgekit.testing.servers import synapse as run_synapse
from bridges.irc import IRCAdapter
from bridges.irc.config import IRCConfig
from demo.irc_person import IRCPerson, irc_person
from tests.integration.missing import or_skip
from tests.integration.synapse_rig import SynapseRig
from tests.signed_in import sign_in

IRC = NetworkName("irc")
ALIAS = f"#loop_#room:{DOMAIN}"
PATIENCE = 90.0
LINES = FallbackSettings(deletion="line", reaction="line")
"""What IRC has no way for is a line there, so that it is seen to follow."""
PERMISSIONS = {
    f"@alice:{DOMAIN}": Level.USER,
    f"@sara:{DOMAIN}": Level.USER,
    f"@rico:{DOMAIN}": Level.RELAY,
    f"@mallory:{DOMAIN}": Level.BLOCK,
}
STRANGERS = {
    "mallory": f'your level is block (permissions["@mallory:{DOMAIN}"])',
    "uma": "no line of permissions is about you",
}
"""Why they may not speak."""


@contextmanager
def _rig(folder: Path, irc: Ngircd, *, automatic: bool) -> Iterator[SynapseRig]:
    config = IRCConfig(host=irc.host, port=irc.port, tls=False, nick="gardener")
    link = ChatLink(chat="#room", room=ALIAS, shared=True)
    rig = SynapseRig(folder, others=[Network(IRC, IRCAdapter, config, (link,), fallbacks=LINES)])
    rig.permissions = dict(PERMISSIONS)
    found = [registration.build(rig.config).fields()]
    if automatic:
        settings = PuppetSettings(as_token=SecretStr("token-of-the-puppets"))
        rig.settings["double_puppets"] = {DOMAIN: settings}
        found += [one.fields() for one in registration.puppets(rig.config)]
    files = []
    for number, fields in enumerate(found):
        files.append(folder / f"registration{number}.json")
        files[-1].write_text(json.dumps(fields), encoding="utf-8")
    with run_synapse(folder / "synapse", files, domain=DOMAIN) as server:
        rig.hs = server
        yield rig


@dataclass
class Scene:
    """All of them, in one conversation."""

    rig: SynapseRig
    room: str
    alice: Person
    sara: Person
    rico: Person
    strangers: tuple[Person, ...]
    rosa: IRCPerson

    @property
    def loop(self) -> Any:
        return self.rig.network

    async def on_matrix(self, text: str) -> str:
        """Who says it in the room: exactly one does."""
        async with asyncio.timeout(PATIENCE):
            await self.alice.wait_for(self.room, lambda event: text_of(event) == text)
        said = [one for one in await self.alice.messages(self.room) if text_of(one) == text]
        assert len(said) == 1, said
        return str(said[0]["sender"])

    async def on_loopback(self, text: str) -> tuple[str, str, bool]:
        """Through which login, under which name, relayed or not: exactly once."""
        await self.loop.wait(lambda: text in self.loop.texts(), within=PATIENCE)
        (one,) = [one for one in self.loop.heard if one.text == text]
        return one.login, one.author, one.relayed

    async def on_irc(self, text: str) -> tuple[str, str]:
        """By which nick, and as which line: exactly one."""

        def lines() -> list[tuple[str, str]]:
            found = [one for one in self.rosa.lines if one.command == "PRIVMSG"]
            return [(one.nick, one.text) for one in found if one.text.endswith(text)]

        await self.rosa.wait(lambda: bool(lines()), within=PATIENCE)
        (line,) = lines()
        return line


def name_of(person: Person) -> str:
    return person.user_id[1:].partition(":")[0]


async def strangers_speak(strangers: Iterable[Person], room: str) -> None:
    """Each is told why nobody hears them."""
    for person in strangers:
        said = await person.say(room, f"{name_of(person)} on matrix")
        await person.wait_for(room, _refuses(person, said))


async def strangers_meddle(strangers: Iterable[Person], room: str, target: str) -> None:
    """Each is told of all that they change why nobody sees it."""
    for person in strangers:
        said = await person.say(room, "I am a stranger")
        edited = await person.edit(room, said, "you do not know me")
        reacted = await person.react(room, target, "🐟")
        for event in (said, edited, reacted, await person.redact(room, said)):
            await person.wait_for(room, _refuses(person, event))


def _refuses(stranger: Person, event_id: str) -> Callable[[dict[str, Any]], bool]:
    """That the bridge answers this event, and says by which rule it goes nowhere."""

    def is_it(event: dict[str, Any]) -> bool:
        relation = event["content"].get("m.relates_to", {})
        answered = relation.get("m.in_reply_to", {}).get("event_id")
        why = STRANGERS[name_of(stranger)]
        return bool(answered == event_id and why in event["content"]["body"])

    return is_it


def text_of(event: dict[str, Any]) -> str | None:
    return event["content"].get("body")


@asynccontextmanager
async def conversation(folder: Path, irc: Ngircd, *, automatic: bool) -> AsyncIterator[Scene]:
    """`automatic`: sara has a puppet, too."""
    with or_skip(_rig(folder, irc, automatic=automatic)) as rig:
        await rig.start()
        async with people(rig.hs) as crowd, irc_person(irc.port, "rosa", "#room") as rosa:
            alice, sara, rico = [await crowd.person(name) for name in ("alice", "sara", "rico")]
            room = await alice.join(ALIAS)
            strangers = [await crowd.person(name) for name in STRANGERS]
            for one in (sara, rico, *strangers):
                await one.join(room)
            await rosa.wait(lambda: rosa.present("gardener"))
            for nick in ("alice", "sara"):
                await sign_in(rig, nick)
            if not automatic:
                puppets = rig.bridge.parts.matrix.puppets.puppets
                proof = await puppets.sign_in(alice.user_id, alice.access_token)
                assert proof.works, proof.sentence
            async with asyncio.timeout(240):
                yield Scene(rig, room, alice, sara, rico, tuple(strangers), rosa)
        await rig.stop()
