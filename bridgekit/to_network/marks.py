"""The marks of what is being sent: what bears none after a crash was surely not begun.

A network that recognises a repeated send needs none. Which does is the client's word at the time of
each send, so that some were sent without is kept, once: nobody has to guess it afterwards.
"""

from __future__ import annotations

from dataclasses import replace

from bridgekit.ids import JobID, NetworkName
from bridgekit.models import Part, PartState
from bridgekit.store.people import People, save_value
from bridgekit.store.progress import MarkPart
from bridgekit.store.writer import Writer

_OURS = NetworkName("")  # the values of the bridge itself


class Marks:
    """Of all networks."""

    def __init__(self, people: People, writer: Writer) -> None:
        self._people, self._writer = people, writer
        self._without: set[str] = set()

    async def write(self, job: JobID, part: Part) -> None:
        """That this part is about to be sent is durable on return."""
        await self._writer.write(MarkPart(job, replace(part, state=PartState.SENDING)))

    async def do_without(self, network: str) -> None:
        """That something is about to be sent which bears none is durable on return."""
        if network not in self._without:
            await self._writer.write(save_value(_OURS, _key(network), "yes"))
            self._without.add(network)

    async def are_complete(self, network: str) -> bool:
        """Whether each message that this network was ever sent bore one."""
        return await self._people.value(_OURS, _key(network)) is None


def _key(network: str) -> str:
    return f"sent without marks: {network}"
