"""The contract: what was said before, and what was missed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bridgekit.ids import MessageID
from bridgekit.supports import SupportsHistory
from bridgekit.testing.contract.saying import expect_said
from bridgekit.testing.contract.scenario import Lacking, scenario
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.story import Broken

_NEVER = datetime(3000, 1, 1, tzinfo=UTC)


class OfThePast:
    """The past of a chat, where the client can be asked for it."""

    @scenario(SupportsHistory, "miss", "drop")
    async def test_what_was_missed_is_read_from_the_past(self, stage: Stage) -> None:
        """What was missed before a connection broke is read from the past, once and in order."""
        await stage.said("bob", "before it")
        await stage.seen("before it")
        await stage.says("my own words")
        await stage.heard("my own words")
        await stage.network.miss()
        stage.story.tell("what follows is not told")
        for text in ("missed first", "missed second"):
            await stage.said("bob", text)
        before = stage.watch.connected
        await stage.network.drop()
        await stage.until(lambda: stage.watch.connected > before, "the connection is made anew")
        await stage.said("bob", "after it")
        await stage.seen("after it")
        await stage.quiet()
        expect_said(stage, ["before it", "missed first", "missed second", "after it"])
        if any("my own words" in body for body in stage.here.bodies()):
            raise Broken(
                "What Alice said came back from the past as somebody else's: it needs the same "
                "`txn`, `id` or `sender` as its echo."
            )

    @scenario(SupportsHistory)
    async def test_the_past_reads_as_the_present_did(self, stage: Stage) -> None:
        """The past has the IDs that messages had live, oldest first, as far as it is asked for."""
        named = [await stage.said("bob", f"the {which}") for which in ("first", "second", "third")]
        await stage.seen("the third")
        if None in named:
            raise Lacking("messages have no IDs")
        found = await _past(stage, 100)
        if [one for one in found if one in named] != named:
            raise Broken(f"Live, the messages were {named}; the past has {found}.")
        last = await _past(stage, 1)
        if last != named[2:]:
            raise Broken(f"Of the past, {last} is not the one message that was said last.")
        behind = await _past(stage, 1, after=named[0])
        if behind != named[1:2]:
            raise Broken(f"Behind {named[0]}, {behind} is not the one message that comes first.")
        await _expect_since(stage, named)


async def _expect_since(stage: Stage, named: Sequence[MessageID | None]) -> None:
    """Of what was said, all or the end, as the moment is that is asked for."""
    told = _history(stage).history(stage.chat.id, limit=100)
    times = {one.id: one.at async for one in told}
    moment = times[named[1]]
    found = [] if moment is None else await _past(stage, 100, since=moment)
    if moment is not None and found[-2:] != list(named[1:]):
        raise Broken(f"Since {moment}, when {named[1]} was said, the past has {found}.")
    found = await _past(stage, 100, since=_NEVER)
    if found:
        raise Broken(f"Since {_NEVER}, which is still to come, the past has {found}.")


async def _past(
    stage: Stage, limit: int, after: MessageID | None = None, since: datetime | None = None
) -> list[MessageID | None]:
    found = _history(stage).history(stage.chat.id, after=after, since=since, limit=limit)
    return [one.id async for one in found]


def _history(stage: Stage) -> SupportsHistory:
    client: object = stage.client
    assert isinstance(client, SupportsHistory)  # noqa: S101 (the scenario needs it)
    return client
