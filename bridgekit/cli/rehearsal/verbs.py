"""The commands to the fake network: what else people do there, and what goes wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from bridgekit.cli.rehearsal.acts import Actor, Mistake, OnNetwork
from bridgekit.events import Message
from bridgekit.richtext import from_plain

if TYPE_CHECKING:
    from bridgekit.cli.rehearsal.commands import Commands


def plain(name: str) -> Callable[[Commands, Actor, str], Awaitable[None]]:
    """A verb to which there is nothing to say."""

    async def run(commands: Commands, _: Actor, __: str) -> None:
        await commands.verb(name)

    return run


async def swap(commands: Commands, _: Actor, __: str) -> None:
    await commands.verb("swap")
    commands.rehearsal.swaps()


async def delay(commands: Commands, _: Actor, text: str) -> None:
    try:
        seconds = float(text or 3)
    except ValueError:
        raise Mistake("/delay needs a number of seconds: /delay 3") from None
    await commands.verb("delay", seconds, words=f"{seconds:g} s")


async def lose(commands: Commands, _: Actor, text: str) -> None:
    if text not in ("before", "after"):
        raise Mistake("Say when the connection breaks: /lose before or /lose after it is taken.")
    await commands.verb("lose", taken=text == "after", words=text)


async def repeat(commands: Commands, _: Actor, __: str) -> None:
    rehearsal = commands.rehearsal
    repeated = rehearsal.repeated()
    await commands.verb("repeat")
    if (outcome := await repeated()) is not None:
        rehearsal.screen.trace(outcome)


async def move(commands: Commands, _: Actor, text: str) -> None:
    if text not in ("told", "untold"):
        raise Mistake("Say whether the bridge hears of it: /move told, or /move untold")
    await commands.verb("move", told=text == "told", words=text)


async def rename(commands: Commands, actor: Actor, text: str) -> None:
    if not isinstance(actor, OnNetwork) or not text:
        raise Mistake("/rename is for people on the network: >bob /rename Robert")
    await commands.verb("rename", actor.who, text, words=f"{actor.who} to {text}")


async def bot(commands: Commands, actor: Actor, text: str) -> None:
    if isinstance(actor, OnNetwork) or not text:
        raise Mistake("/bot is for Alice, who says something to it alone: /bot help")
    alice = commands.rehearsal.alice
    commands.rehearsal.began(await alice.say(await commands.own_room(), text))


async def whisper(commands: Commands, actor: Actor, text: str) -> None:
    if not isinstance(actor, OnNetwork) or not text:
        raise Mistake("/whisper is for people on the network: >bob /whisper hello")
    me = commands.rehearsal.watch.me()
    if me is None:
        raise Mistake("Alice has no login of her own there: nobody can say anything to her alone.")
    said = Message(from_plain(text))
    await commands.verb("whisper", actor.who, me, said, words=f"{actor.who} to {me}")
