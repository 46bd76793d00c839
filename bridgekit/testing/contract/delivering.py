"""The contract: nothing is lost and nothing doubled, whatever fails on the way."""

from __future__ import annotations

from bridgekit.errors import RetryLater
from bridgekit.supports import SupportsHistory, SupportsLookup
from bridgekit.testing.contract.saying import expect_heard, expect_said
from bridgekit.testing.contract.scenario import Lacking, scenario
from bridgekit.testing.contract.secrecy import expect_unquoted
from bridgekit.testing.contract.shown import LOSS
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.story import Broken

_PAUSE = 45.0  # seconds that no back-off of the core's own begins with


class Delivering:
    """From the network: what is not stored is not acknowledged. To it: what it answers is kept."""

    @scenario()
    async def test_what_is_not_stored_is_not_acknowledged(self, stage: Stage) -> None:
        """Acknowledged only after it is stored: the bridge dies first, and nothing is lost.

        A cursor that is handed over before what it stands behind is stored.
        """
        if not stage.network.keeps:
            raise Lacking("the network keeps nothing, and so acknowledges nothing")
        stage.watch.holding = True
        await stage.said("bob", "not yet stored")
        await stage.until(lambda: stage.watch.held, "the adapter hands it over")
        await stage.quiet()
        await stage.kill()
        stage.watch.holding = False
        await stage.start()
        await stage.said("bob", "after the start")
        for text in ("not yet stored", "after the start"):
            await stage.seen(text)
        await stage.quiet()
        expect_said(stage, ["not yet stored", "after the start"])

    @scenario()
    async def test_what_cannot_be_stored_now_comes_again(self, stage: Stage) -> None:
        """Not acknowledged where `receive` raises `RetryLater`: it comes again, or is told of."""
        stage.watch.failures.append(RetryLater("Too many events wait already", after=1.0))
        await stage.said("bob", "comes again")
        if not stage.network.keeps:  # it comes if the adapter has held it; else a loss is told
            await stage.attended()
        await stage.until(
            lambda: "comes again" in stage.here.bodies() or stage.here.losses(),
            "'comes again' is seen on Matrix",
        )
        await stage.quiet()
        if stage.network.keeps or not stage.here.losses():
            expect_said(stage, ["comes again"])

    @scenario()
    async def test_what_fails_to_be_stored_is_not_acknowledged(self, stage: Stage) -> None:
        """Not acknowledged where `receive` raises anything: it comes again."""
        if not stage.network.keeps:
            raise Lacking("the network keeps nothing, and so acknowledges nothing")
        stage.watch.failures.append(OSError("the disk is full"))
        await stage.said("bob", "comes again")
        await stage.seen("comes again")
        await stage.quiet()
        expect_said(stage, ["comes again"])

    @scenario("repeat")
    async def test_what_comes_twice_is_seen_once(self, stage: Stage) -> None:
        """A repeated delivery is recognised."""
        await stage.said("bob", "only once")
        await stage.seen("only once")
        stage.story.tell("the network repeats that")
        await stage.network.repeat()
        await stage.said("bob", "after it")
        await stage.seen("after it")
        await stage.quiet()
        expect_said(stage, ["only once", "after it"])

    @scenario("garble")
    async def test_what_cannot_be_understood_is_set_aside(self, stage: Stage) -> None:
        """What cannot be understood is set aside, and what comes after it arrives."""
        stage.story.tell("on the network, something is said that nobody can understand")
        await stage.network.garble()
        await stage.said("bob", "after it")
        await stage.seen("after it")
        await stage.until(
            lambda: stage.set_aside,
            "what nobody can understand is kept for the operator: call `Host.set_aside` with it",
        )
        await stage.quiet()
        expect_said(stage, ["after it"])
        if stage.set_aside > len(stage.watch.clients):
            raise Broken(
                f"It came {stage.set_aside} times: what is set aside is stored, so acknowledge it."
            )
        for body, why in stage.watch.reasons:
            expect_unquoted(body, why)

    @scenario("swap")
    async def test_what_comes_in_the_wrong_order_is_seen_all_the_same(self, stage: Stage) -> None:
        """Messages that come out of order arrive, each once."""
        await stage.network.swap()
        await stage.said("bob", "said first")
        await stage.said("bob", "said second")
        for text in ("said first", "said second"):
            await stage.seen(text)
        await stage.quiet()
        seen = [one for one in stage.here.bodies() if one.startswith("said ")]
        if sorted(seen) != ["said first", "said second"]:
            raise Broken(f"Each is to be seen once, and there is {seen}.")

    @scenario()
    async def test_what_is_said_while_the_bridge_is_away_waits_for_it(self, stage: Stage) -> None:
        """What is said during a restart arrives afterwards, on either side."""
        await stage.stop()
        await stage.says("alice waits")
        if stage.network.keeps:
            await stage.said("bob", "bob waits")
        await stage.start()
        await stage.heard("alice waits")
        if stage.network.keeps:
            await stage.seen("bob waits")
        await stage.quiet()
        expect_heard(stage, ["alice waits"])
        expect_said(stage, ["bob waits"] if stage.network.keeps else [])

    @scenario()
    async def test_where_nothing_is_lost_nobody_is_told_of_losses(self, stage: Stage) -> None:
        """Where the network tells again what was missed, nobody is told of losses."""
        if not stage.network.keeps:
            raise Lacking("the network keeps nothing of what is said while the bridge is away")
        await stage.stop()
        await stage.said("bob", "you were away")
        await stage.start()
        await stage.seen("you were away")
        await stage.quiet()
        if stage.here.losses():
            raise Broken(
                f"Nothing is missing, and the room is told: {stage.here.losses()}. A client that "
                "goes on where the last one ended says `resumes = True`; if the network tells "
                "nothing again, its fake says `keeps = False`."
            )

    @scenario()
    async def test_what_is_lost_while_the_bridge_is_away_is_told_of(self, stage: Stage) -> None:
        """Where the network keeps nothing, the room is told that something may be missing."""
        if stage.network.keeps:
            raise Lacking("the network keeps what is said while the bridge is away")
        if isinstance(stage.client, SupportsHistory):
            raise Lacking("what was missed is read from the past")
        if stage.here.losses():
            raise Broken(f"The bridge was not away, and the room is told: {stage.here.losses()}.")
        before = len(stage.here.texts())
        await stage.stop()
        await stage.said("bob", "into the void")
        await stage.start()
        await stage.attended()
        shown = stage.here.texts()[before:]
        if not shown[0].startswith(LOSS):
            raise Broken(
                f"What bob said is gone, and the room shows {shown} without a word of that: "
                "`Client.resumes` is only for what goes on where the last connection ended."
            )

    @scenario("delay")
    async def test_a_pause_that_the_network_asks_for_is_kept(self, stage: Stage) -> None:
        """Back-off that the network asks for is kept (`RetryLater.after`)."""
        await stage.network.delay(_PAUSE)
        asked = stage.time.clock.monotonic()
        await stage.says("in good time")
        await stage.says("and then")
        await stage.heard("and then")
        waited = stage.time.clock.monotonic() - asked
        if waited < _PAUSE:
            raise Broken(
                f"The network asked for {_PAUSE:.0f} s and was asked again after {waited:.0f} s: "
                "raise `RetryLater(…, after=…)` with the seconds that it names."
            )
        expect_heard(stage, ["in good time", "and then"])

    @scenario("reject")
    async def test_what_the_network_refuses_its_sender_is_told(self, stage: Stage) -> None:
        """A refused message is told to its sender, and holds nothing up (`Rejected`)."""
        await stage.network.reject()
        await stage.says("not allowed")
        await stage.says("allowed")
        await stage.heard("allowed")
        await stage.until(
            stage.here.notices,
            "Alice is told that her message was refused: raise `Rejected` with the reason",
        )
        await stage.quiet()
        expect_heard(stage, ["allowed"])
        without_doubt(stage)

    @scenario("lose")
    async def test_a_lost_answer_never_doubles_a_message(self, stage: Stage) -> None:
        """An ambiguous send is decided, or told; never doubled."""
        await stage.network.lose(taken=True)
        await stage.says("once at most")
        await stage.says("and on")
        await stage.heard("and on")
        await stage.quiet()
        times = stage.there.times("once at most")
        if times > 1:
            raise Broken(
                f"The network has it {times} times: with `Limits.idempotent` it must recognise "
                "`MatrixEvent.txn`, and a send that may have been accepted must raise something "
                "else than `RetryLater`."
            )
        if times < 1:
            raise Broken("The network took it, and now it is gone: check the fake's `lose`.")
        if _decidable(stage):
            without_doubt(stage)

    @scenario("lose")
    async def test_a_message_lost_on_the_way_is_sent_again_or_told(self, stage: Stage) -> None:
        """A message that never arrived is sent again, or told; never gone in silence."""
        await stage.network.lose(taken=False)
        await stage.says("perhaps lost")
        await stage.says("and on")
        await stage.heard("and on")
        await stage.quiet()
        times = stage.there.times("perhaps lost")
        if times > 1 or (times < 1 and _decidable(stage)):
            raise Broken(f"The network has it {times} times, and it can be known that it had not.")
        if times < 1 and not stage.here.notices():
            raise Broken("It is lost, and its sender is not told: `send` must raise what failed.")


def _decidable(stage: Stage) -> bool:
    return stage.limits.idempotent or isinstance(stage.client, SupportsLookup)


def without_doubt(stage: Stage) -> None:
    """Alice is not told that something may, or may not, have been bridged."""
    doubts = [one for one in stage.here.notices() if "may not have been" in one]
    if doubts:
        raise Broken(f"This was not in doubt, and Alice is told that it is: {doubts}.")
