"""The contract: connections come and go, and leave nothing behind."""

from __future__ import annotations

import asyncio
from collections import Counter

from bridgekit.adapter_supports import SupportsAutomaticLogin
from bridgekit.errors import LoginError
from bridgekit.testing.contract.saying import expect_heard, expect_said
from bridgekit.testing.contract.scenario import Lacking, scenario
from bridgekit.testing.contract.secrecy import expect_none_of, secrets
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.story import Broken
from bridgekit.testing.contract.timing import Hurried
from bridgekit.testing.faults import told

_PATIENCE, _STEP = 10.0, 0.05  # seconds, real ones
_HOUR = 3600.0  # seconds
_MOMENTS = (1, 10, 30, 50, 80, 130, 200)  # milliseconds after the start


class Connecting:
    """Signing in, being dropped, several at once, ending."""

    @scenario("refuse", unprepared=True)
    async def test_a_refused_login_is_a_login_error(self, stage: Stage) -> None:
        """A refused sign-in is a `LoginError` with a sentence that tells no secret."""
        await stage.network.refuse()
        await stage.start()
        await stage.until(lambda: stage.watch.refusals, "a sign-in is refused")
        await stage.quiet(60.0)
        for error in stage.watch.refusals:
            if not isinstance(error, LoginError):
                raise Broken(
                    f"`connect` raised {told(error)[0]}, where the network refuses the login: "
                    "that is to be a `LoginError`, else it is tried again for ever."
                )
            if " " not in str(error):
                raise Broken(f"The person reads why: {str(error)!r} is no sentence.")
        hidden = secrets(stage.network.settings, stage.watch.logins.values())
        expect_none_of(hidden, [*map(str, stage.watch.refusals), *stage.story.logged])

    @scenario("drop")
    async def test_after_a_broken_connection_both_sides_speak_on(self, stage: Stage) -> None:
        """A broken connection is made anew, and nothing is lost."""
        before = stage.watch.connected
        await stage.network.drop()
        await stage.until(
            lambda: stage.watch.connected > before,
            "the connection is made anew: `run` is to return or raise when it is gone",
        )
        if not stage.network.keeps:
            await stage.attended()
        await stage.said("bob", "are you back?")
        await stage.seen("are you back?")
        await stage.says("yes, I am")
        await stage.heard("yes, I am")
        await stage.quiet()
        expect_said(stage, ["are you back?"])
        expect_heard(stage, ["yes, I am"])

    @scenario("drop")
    async def test_what_is_said_while_a_connection_breaks_arrives(self, stage: Stage) -> None:
        """What is said while the connection is broken arrives afterwards, in order."""
        await stage.network.drop()
        texts = [f"meanwhile-{number}" for number in range(3)]
        for text in texts:
            await stage.says(text)
            if stage.network.keeps:
                await stage.said("bob", text)
        await stage.heard(texts[-1])
        if stage.network.keeps:
            await stage.seen(texts[-1])
        await stage.quiet()
        expect_heard(stage, texts)
        expect_said(stage, texts if stage.network.keeps else [])

    @scenario("stall")
    async def test_a_connection_that_falls_silent_is_noticed(self, stage: Stage) -> None:
        """A connection that falls silent, and does not break, is noticed within an hour."""
        if isinstance(stage.time, Hurried):
            raise Lacking("silence takes too long where time is real")
        before = stage.watch.connected
        stage.story.tell("every connection falls silent")
        await stage.network.stall()
        await stage.says("can you hear me?")
        if stage.network.keeps:
            await stage.said("bob", "hello? hello?")
            await stage.seen("hello? hello?", within=_HOUR)
        else:
            await stage.until(
                lambda: stage.watch.connected > before,
                "the connection is made anew: `run` is to ask, now and then, for a sign of life",
                _HOUR,
            )
            await stage.attended()
        await stage.until(
            lambda: (
                stage.there.times("can you hear me?")
                or stage.end_of_matrix.told("can you hear me?")
            ),
            "'can you hear me?' is heard on the network, or Alice is told of it",
            _HOUR,
        )
        await stage.says("now you can")
        await stage.heard("now you can")
        await stage.quiet()
        expect_said(stage, ["hello? hello?"] if stage.network.keeps else [])
        expect_heard(stage, ["now you can"])

    @scenario(SupportsAutomaticLogin)
    async def test_several_logins_in_one_chat_hand_over_each_message_once(
        self, stage: Stage
    ) -> None:
        """Several logins that see one chat: each message is seen once."""
        dave = stage.hs.person("dave")
        await dave.join(stage.room)
        await dave.say(stage.room, "dave is here, too")
        await stage.heard("dave is here, too")
        if len(stage.watch.clients) == 1:
            raise Lacking("only one login is ever connected")
        await stage.said("bob", "hello to all of you")
        await stage.says("hello bob")
        await dave.say(stage.room, "good day to you")
        await stage.seen("hello to all of you")
        await stage.heard("hello bob")
        await stage.heard("good day to you")
        await stage.quiet()
        expect_said(stage, ["hello to all of you"])
        again = [one for one in stage.here.bodies() if "hello bob" in one or "good day" in one]
        if again:
            raise Broken(f"What one login said came back through another: {again}.")

    @scenario(unprepared=True, sockets=True)
    async def test_a_cancelled_connection_leaves_nothing_behind(self, stage: Stage) -> None:
        """Cancellation leaves no task, no socket and no thread behind."""
        before = stage.belongings.now()
        await stage.start()
        await stage.meet()
        await stage.kill()
        await nothing_but(before, stage, "the connection was at work")

    @scenario(unprepared=True, sockets=True)
    async def test_a_cancelled_start_leaves_nothing_behind(self, stage: Stage) -> None:
        """Cancellation while it connects leaves nothing behind, whenever it comes."""
        before = stage.belongings.now()
        for moment in _MOMENTS:
            stage.begin()
            await asyncio.sleep(moment / 1000)
            await stage.kill()
            await nothing_but(before, stage, f"it had been connecting for {moment} ms")


async def nothing_but(before: Counter[str], stage: Stage, when: str) -> None:
    """Once what ends a little later has ended."""
    for _ in range(int(_PATIENCE / _STEP)):
        left = stage.belongings.now() - before
        if not left:
            return
        await asyncio.sleep(_STEP)
    raise Broken(f"Cancelled when {when}, there were left: {', '.join(sorted(left))}.")
