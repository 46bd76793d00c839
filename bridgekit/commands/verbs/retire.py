"""`retire`: take a network down for good."""

from __future__ import annotations

from pydantic import Field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Preview, Route
from bridgekit.commands.refusals import Unknown
from bridgekit.ids import NetworkName
from bridgekit.networks import Networks
from bridgekit.operating.retiring import Retiring
from bridgekit.permissions.rights import Right

EVERYTHING = "everything"


class Retire(Arguments):
    network: NetworkName = Field(description="the network, or `everything`")
    confirm: str | None = Field(default=None, description="what the preview said, to do it")


def retire(retiring: Retiring, networks: Networks) -> Command[Retire]:
    async def run(asked: Asked[Retire]) -> Answer:
        names = _named(asked.arguments.network, networks)
        previews = [await retiring.preview(name) for name in names]
        text = "\n".join(one.text for one in previews)
        confirm = "-".join(one.digest for one in previews)[:64]
        if asked.arguments.confirm != confirm:
            return Preview(text=text, confirm=confirm)
        lines = []
        for name in names:
            rooms, refused = await retiring.retire(name, asked.user, asked.progress)
            lines.append(f"{name}: {rooms} rooms were left.{_refused(refused)}")
        lines.append("Take it out of the configuration now; else its links are made again.")
        return Answer(text="\n".join(lines))

    return Command(
        name="retire",
        help="Take a network, or everything, down for good: rooms, aliases, spaces and ghosts.",
        arguments=Retire,
        run=run,
        route=Route("POST", "/networks/{network}/retire"),
        right=Right.ADMIN,
    )


def _named(name: NetworkName, networks: Networks) -> list[NetworkName]:
    names = [network.name for network in networks]
    if name == EVERYTHING:
        return sorted(names)
    if name not in names:
        raise Unknown("There is no such network; `networks` lists them.")
    return [name]


def _refused(number: int) -> str:
    if not number:
        return ""
    return f" {number} ghosts could not be deactivated: the log says why; give this again."
