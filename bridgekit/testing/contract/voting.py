"""The contract: polls and votes, both ways."""

from __future__ import annotations

from bridgekit.adapter_supports import SupportsAutomaticLogin
from bridgekit.events import Poll, Vote
from bridgekit.supports import SupportsPoll
from bridgekit.testing.contract.heard import done
from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.shown import JSON
from bridgekit.testing.contract.stage import Stage

_QUESTION, _OPTIONS = "Tea?", ("yes", "no")


class Voting:
    """A question, and what people choose."""

    @scenario(Poll, Vote)
    async def test_a_poll_and_a_vote_are_seen(self, stage: Stage) -> None:
        """Polls and votes arrive on Matrix."""
        poll = await stage.does("bob", Poll(_QUESTION, _OPTIONS))
        await stage.until(lambda: _polls(stage, "start"), "the poll is seen on Matrix")
        if poll is not None:
            await stage.does(stage.other, Vote(poll, (1,)))
            await stage.until(lambda: _polls(stage, "response"), "the vote is seen on Matrix")

    @scenario(SupportsPoll)
    async def test_a_poll_is_heard(self, stage: Stage) -> None:
        """Polls arrive on the network."""
        await stage.alice.poll(stage.room, _QUESTION, *_OPTIONS)
        await done(stage, Poll, lambda poll: (poll.question, poll.options) == (_QUESTION, _OPTIONS))

    @scenario(SupportsPoll, SupportsAutomaticLogin)
    async def test_a_vote_is_heard(self, stage: Stage) -> None:
        """Votes arrive on the network, of people with a login of their own."""
        event = await stage.alice.poll(stage.room, _QUESTION, *_OPTIONS)
        await stage.alice.vote(stage.room, event, 1)
        await done(stage, Vote, lambda vote: vote.options == (1,))


def _polls(stage: Stage, part: str) -> list[JSON]:
    return [one for one in stage.here.of_ghosts() if one["type"].endswith(f"poll.{part}")]
