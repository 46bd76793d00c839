"""The contract: private chats, whoever begins them."""

from __future__ import annotations

from bridgekit.adapter_supports import SupportsAutomaticLogin, SupportsNames
from bridgekit.events import Message
from bridgekit.ids import RemoteUserID
from bridgekit.richtext import from_plain, plain
from bridgekit.supports import SupportsContacts
from bridgekit.testing.contract.scenario import Lacking, scenario
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.story import Broken, shortened


class InPrivate:
    """Between one person on Matrix, with a login of their own, and one on the network."""

    @scenario("whisper", SupportsAutomaticLogin)
    async def test_a_private_word_is_seen_and_answered(self, stage: Stage) -> None:
        """Private chats that people on the network begin arrive, and can be answered."""
        await _whispers(stage, "bob", "just between us")
        room = await _room(stage, "just between us")
        await stage.alice.join(room)
        await stage.alice.say(room, "it stays here")
        await _whispered(stage, "bob", "it stays here")
        await _nobody_else(stage, "just between us", "it stays here")

    @scenario("whisper", SupportsAutomaticLogin)
    async def test_a_private_chat_that_somebody_on_matrix_begins_goes_both_ways(
        self, stage: Stage
    ) -> None:
        """Private chats that people on Matrix begin, by inviting a ghost, go both ways."""
        if not issubclass(stage.adapter, SupportsNames) and not isinstance(
            stage.client, SupportsContacts
        ):
            raise Lacking("people are not found by name (`SupportsNames`, `SupportsContacts`)")
        await stage.said("bob", "talk to me")
        ghost = (await stage.seen("talk to me"))["sender"]
        preset = "trusted_private_chat"
        room = await stage.alice.create_room(invite=[ghost], direct=True, preset=preset)
        await stage.alice.say(room, "a word with you")
        await _whispered(stage, "bob", "a word with you")
        await _whispers(stage, "bob", "gladly")
        found = await _room(stage, "gladly")
        if found != room:
            raise Broken(f"Bob answered in {found}, and was asked in {room}.")
        await _nobody_else(stage, "a word with you", "gladly")


async def _whispers(stage: Stage, who: str, text: str) -> None:
    stage.story.tell(f"on the network, {who} says to Alice in private {shortened(text)}")
    await stage.network.whisper(who, _alice(stage), Message(from_plain(text)))


def _alice(stage: Stage) -> RemoteUserID:
    """Who Alice is on the network."""
    me = stage.watch.me()
    if me is None:
        raise Lacking("Alice has no login of her own")
    return me


async def _room(stage: Stage, body: str) -> str:
    """Where else than in the chat's room somebody of the network says this."""
    world = stage.here.world

    def found() -> str | None:
        return next(
            (
                name
                for name, room in world.rooms.items()
                for event in room.events
                if name != stage.room
                and event.sender.startswith(stage.here.ghosts)
                and event.content.get("body") == body
                and room.membership(stage.alice.user_id) in {"invite", "join"}
            ),
            None,
        )

    return await stage.until(found, f"{shortened(body)} is seen in a room of Alice's")


async def _whispered(stage: Stage, who: str, text: str) -> None:
    def texts() -> list[str]:
        contents = [one.content for one in stage.network.whispered(who)]
        return [plain(one.text) for one in contents if isinstance(one, Message)]

    await stage.until(
        lambda: any(text in one for one in texts()), f"{who} hears {shortened(text)} in private"
    )
    stage.story.tell(f"{who} hears {shortened(text)} in private")
    await stage.quiet()
    times = sum(text in one for one in texts())
    if times > 1:
        raise Broken(f"{who} hears {shortened(text)} {times} times.")


async def _nobody_else(stage: Stage, *texts: str) -> None:
    """What is private does not get into the chat, on either side."""
    public = [*stage.here.bodies(), *stage.there.texts()]
    leaked = [text for text in texts if any(text in one for one in public)]
    if leaked:
        raise Broken(f"What was said in private is to be read in {stage.network.chat}: {leaked}.")
