"""The contract: the first word that is ever said, and more chats than one."""

from __future__ import annotations

from dataclasses import replace

from bridgekit.events import Message
from bridgekit.richtext import plain
from bridgekit.testing.contract.network import OtherChat
from bridgekit.testing.contract.saying import expect_said
from bridgekit.testing.contract.scenario import Lacking, scenario
from bridgekit.testing.contract.shown import OnMatrix
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.story import Broken
from bridgekit.testing.contract.targets import message

_TRIES = 20  # of what may be lost


class Beginning:
    """Nothing was received yet; or something, in another chat."""

    @scenario(unprepared=True)
    async def test_the_very_first_word_may_be_said_while_the_bridge_is_away(
        self, stage: Stage
    ) -> None:
        """What is said before anything was ever received is seen, also after a crash."""
        if not stage.network.keeps:
            raise Lacking("the network keeps nothing of what is said while the bridge is away")
        await stage.start()
        await stage.until(lambda: stage.watch.connected, "a login connects")
        await stage.quiet()
        await stage.kill()
        await stage.said("bob", "the very first word")
        await stage.start()
        await stage.until(
            lambda: "the very first word" in stage.here.bodies(),
            "'the very first word' is seen on Matrix: who begins with what is new stores that "
            "place in `connect`, before there is any news",
        )
        await stage.quiet()
        expect_said(stage, ["the very first word"])

    @scenario("another_chat", unprepared=True)
    async def test_what_is_said_in_one_of_two_chats_is_not_in_the_other(self, stage: Stage) -> None:
        """Several chats: what is said in each is seen and heard there, and nowhere else."""
        other = await stage.network.another_chat()
        room = await stage.linked(other.chat)
        shown = replace(stage.here, room=stage.here.world.rooms[room])
        await stage.start()
        await stage.meet()
        await stage.alice.say(room, "a green pear")
        await stage.until(
            lambda: "a green pear" in " ".join(_texts(other)),
            f"'a green pear' is heard in {other.chat}",
        )
        await stage.says("a green apple")
        await stage.heard("a green apple")
        await _tells(stage, other, shown, "a red pear")
        await stage.said("bob", "a red apple")
        await stage.seen("a red apple")
        await stage.quiet()
        _without("pear", stage.network.chat, [*stage.here.bodies(), *stage.there.texts()])
        _without("apple", other.chat, [*shown.bodies(), *_texts(other)])


async def _tells(stage: Stage, other: OtherChat, shown: OnMatrix, text: str) -> None:
    """Bob says something in the other chat, again where it may be lost, and it is seen."""
    for _ in range(1 if stage.network.keeps else _TRIES):
        stage.story.tell(f"on the network, bob says {text!r} in {other.chat}")
        await other.say("bob", message(text))
        await stage.quiet()
        if text in shown.bodies():
            return
    await stage.until(
        lambda: text in shown.bodies(), f"{text!r} is seen on Matrix in the room of {other.chat}"
    )


def _texts(chat: OtherChat) -> list[str]:
    contents = (one.content for one in chat.heard())
    return [plain(one.text) for one in contents if isinstance(one, Message)]


def _without(word: str, chat: str, texts: list[str]) -> None:
    strayed = [text for text in texts if word in text]
    if strayed:
        raise Broken(f"This was said in another chat, and is to be read in {chat}: {strayed}.")
