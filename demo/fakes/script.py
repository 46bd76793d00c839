"""What is said and done, as far as the network has it; halfway through, the bridge is killed."""

from __future__ import annotations

import asyncio
from typing import Any

from bridgekit.events import Deletion, Edit, Message, Reaction
from bridgekit.richtext import from_plain
from bridgekit.supports import SupportsDelete, SupportsEdit, SupportsReact
from demo.fakes.sides import Sides
from demo.picture import NAME, roses


async def talk(sides: Sides) -> None:
    """The whole conversation."""
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(sides.watch())
        await _chat(sides)
        await _beyond_text(sides)
        await _crash(sides)
        await _take_back(sides)
        # What is doubled would come late: let one more message pass each way, as a barrier.
        await sides.alice_says("Good night!")
        await sides.rosa_says("Good night, Matrix.")
        watching.cancel()


async def _chat(sides: Sides) -> None:
    title = sides.place.subject.adapter.manifest.title
    await sides.alice_says("Hello from Matrix! Is anybody out there?")
    await sides.rosa_says(f"Hello alice, this is {title}.")
    await sides.alice_says(
        "I can be bold, and code.", html="I can be <b>bold</b>, and <code>code</code>."
    )
    await sides.rosa_says("5 < 6 & *this* stays as I type it")


async def _beyond_text(sides: Sides) -> None:
    place = sides.place
    sides.view.event("edits, reactions, a picture")
    first = await sides.alice_says("The rosse are in bloom.")
    if sides.can(SupportsEdit):
        await place.alice.edit(place.room, first, "The roses are in bloom.")
        await sides.done(lambda one: isinstance(one, Edit))
    asked, named = await sides.rosa_says("Which colour are they?")
    if sides.can(SupportsReact):
        await place.alice.react(place.room, asked, "❤️")
        await sides.done(lambda one: isinstance(one, Reaction))
    await place.alice.send_file(place.room, NAME, "image/png", roses())
    await sides.done(_shows_picture)
    if sides.has(Edit) and named is not None:
        await sides.rosa_does(Edit(named, Message(from_plain("Which colours are they?"))))
        await sides.on_matrix(_reads("Which colours are they?"))
    if sides.has(Reaction) and named is not None:
        await sides.rosa_does(Reaction(named, "👍"))
        await sides.on_matrix(lambda event: event["type"] == "m.reaction" and sides.is_ghost(event))


def _shows_picture(one: Any) -> bool:
    """As a file, or as a link to it."""
    if not isinstance(one, Message):
        return False
    return bool(one.attachments) or NAME in str(one.text)


def _reads(text: str) -> Any:
    return lambda event: event["content"].get("m.new_content", {}).get("body") == text


async def _crash(sides: Sides) -> None:
    """Ten lines are with the bridge, a few of them over there already, when it is killed."""
    place = sides.place
    for number in range(1, 11):
        text = f"line {number} of ten, said quickly"
        await place.alice.say(place.room, text)
        sides.there.append(text)
    enough = len(sides.there) - 6
    await sides.until(lambda: len(sides.heard()) >= enough)
    sides.view.event("kill -9: the bridge is gone")
    place.bridge.kill()
    sides.view.event("both go on talking; then the bridge starts again")
    for number in range(1, 4):
        text = f"said into the silence, {number} of 3"
        await place.alice.say(place.room, text)
        sides.there.append(text)
        if place.network.keeps:
            meanwhile = f"meanwhile, {number} of 3"
            await place.network.say("rosa", Message(from_plain(meanwhile)))
            sides.view.network("rosa", meanwhile)
            sides.matrix.append(meanwhile)
    await place.start_bridge()
    await sides.heard_all()
    await sides.seen(sides.matrix[-1])
    sides.view.event("everything has arrived")


async def _take_back(sides: Sides) -> None:
    place = sides.place
    if sides.can(SupportsDelete):
        event = await sides.alice_says("This was a slip.")
        await place.alice.redact(place.room, event)
        await sides.done(lambda one: isinstance(one, Deletion))


async def verdict(sides: Sides) -> list[str]:
    """What is wrong; empty if nothing is."""
    faults = list(sides.faults)
    events = await sides.place.alice.messages(sides.place.room)
    said = [
        event["content"].get("body")
        for event in events
        if sides.is_ghost(event) and "m.new_content" not in event["content"]
    ]
    in_order = not getattr(sides.place.network, "reorders", False)
    if said != sides.matrix and (in_order or sorted(said) != sorted(sides.matrix)):
        faults.append(f"Matrix should have been shown {sides.matrix}, was shown {said}")
    if sides.heard() != sides.expected():
        must = sides.expected()
        faults.append(f"The network should have heard {must}, has heard {sides.heard()}")
    return faults
