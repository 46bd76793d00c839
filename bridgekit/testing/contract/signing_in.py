"""The contract: how a person signs in and out, where that is more than filling in a form.

The conversation is the core's own, as people have it in a chat, over HTTP or at a terminal; who
answers is a person of the author's.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress

from bridgekit.adapter_supports import LoginFlow, SupportsLogin, SupportsSignOut
from bridgekit.errors import LoginError
from bridgekit.ids import LoginID, UserID
from bridgekit.sign_in.session import Session
from bridgekit.sign_in.steps import Asking, Finished, Redirecting, Showing, Step, Waiting
from bridgekit.testing.contract.connecting import nothing_but
from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import NETWORK, Stage
from bridgekit.testing.contract.story import Broken
from bridgekit.testing.homeserver.person import Person

# How a sign-in ended can be asked for a while; the store begins a thread when it first needs it.
_KEPT = Counter({"the task SignIns._whole": 1, "the thread database reader_0": 3})


class SigningIn:
    """`SupportsLogin`. Carol is somebody on Matrix, and has an account on the network."""

    @scenario(SupportsLogin, "signing_in")
    async def test_who_signs_in_speaks_with_what_that_gave(self, stage: Stage) -> None:
        """Who signs in is connected with what the sign-in gave, after a restart, too."""
        carol, login = await _signed_in(stage)
        await carol.say(stage.room, "it is me")
        await stage.heard("it is me")
        await stage.stop()
        await stage.start()
        await stage.until(
            lambda: login in stage.watch.clients,
            "the bridge has restarted, and Carol is connected again: what she needs for that is "
            "to be in the `Credentials`",
        )
        await carol.say(stage.room, "still me")
        await stage.heard("still me")

    @scenario(SupportsLogin, "signing_in", "refuse")
    async def test_who_may_not_sign_in_is_told_why(self, stage: Stage) -> None:
        """A sign-in that the network refuses is a `LoginError` with a sentence."""
        person = stage.network.signing_in()
        await stage.network.refuse()
        carol = await _carol(stage)
        ended = await _signs_in(stage, carol, person)
        if ended.login is not None:
            raise Broken("The network refuses every sign-in, and Carol is signed in.")
        error = next(reversed(stage.watch.refusals), None)
        if not isinstance(error, LoginError):
            raise Broken(f"It raised {error!r}, which is to be a `LoginError`.")
        if " " not in ended.text:
            raise Broken(f"The person reads why: {ended.text!r} is no sentence.")

    @scenario(SupportsLogin, SupportsSignOut, "signing_in")
    async def test_who_has_signed_out_is_let_in_no_more(self, stage: Stage) -> None:
        """What somebody signed in with is worth nothing once they have signed out."""
        carol, login = await _signed_in(stage)
        given = stage.watch.logins[login]
        await stage.parts.people.signing_out.sign_out(UserID(carol.user_id), login)
        stage.story.tell("Carol has signed out")
        try:
            async with stage.at_work.connect(given):
                pass
        except LoginError:
            return
        raise Broken("Carol has signed out, and what she had signed in with still lets her in.")

    @scenario(SupportsLogin, "signing_in", sockets=True)
    async def test_a_sign_in_that_is_given_up_leaves_nothing_behind(self, stage: Stage) -> None:
        """A sign-in that is given up leaves no task, no socket and no thread behind."""
        carol = await _carol(stage)
        await stage.quiet()
        before = stage.belongings.now() + _KEPT
        session = await _begun(stage, carol)
        await stage.until(
            lambda: not isinstance(session.step, Waiting), "Carol is asked or shown something"
        )
        session.cancel()
        await stage.until(lambda: session.over, "the sign-in is given up")
        await nothing_but(before, stage, "somebody was signing in")


async def _carol(stage: Stage) -> Person:
    carol = stage.hs.person("carol")
    await carol.join(stage.room)
    return carol


async def _signed_in(stage: Stage) -> tuple[Person, LoginID]:
    """Carol, whom the network has let in, and under which login."""
    carol = await _carol(stage)
    ended = await _signs_in(stage, carol, stage.network.signing_in())
    if ended.login is None:
        raise Broken(f"Carol has signed in, and is not let in: {ended.text}")
    return carol, ended.login


async def _begun(stage: Stage, carol: Person) -> Session:
    """Whatever is begun with it is the bridge's."""
    stage.story.tell("on Matrix, Carol begins to sign in")
    sessions: list[Session] = []

    async def begin() -> None:
        user = UserID(carol.user_id)
        sessions.append(await stage.parts.people.sign_ins.begin(user, NETWORK))

    await stage.belongings.begin(begin())
    return sessions[0]


async def _signs_in(stage: Stage, carol: Person, person: LoginFlow) -> Finished:
    """How it ends, which must not take for ever."""
    session = await _begun(stage, carol)
    answering = asyncio.create_task(_answer(stage, session, person))
    try:
        await stage.until(lambda: answering.done() or session.over, "the sign-in ends")
        if not session.over:
            await answering  # raises what the person did
    finally:
        answering.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait({answering})
    ended = session.step
    assert isinstance(ended, Finished)  # noqa: S101 (it is over)
    stage.story.tell(f"Carol reads: {ended.text}")
    return ended


async def _answer(stage: Stage, session: Session, person: LoginFlow) -> None:
    """Do what each step asks of the person."""
    steps: asyncio.Queue[Step] = asyncio.Queue()
    session.listen(steps.put_nowait)
    while True:
        match await steps.get():
            case Asking(id=step, fields=fields):
                asked = ", ".join(field.name for field in fields)
                stage.story.tell(f"Carol is asked for: {asked}")
                session.answer(step, await person.ask(*fields))
            case Showing(text=text, link=link, qr=qr):
                stage.story.tell(f"Carol is shown: {text}")
                await person.show(text, link=link, qr=qr)
            case Redirecting(url=url):
                stage.story.tell("Carol is sent to a page")
                query = await person.redirect(url)
                if not stage.parts.people.redirects.came_back(query):
                    raise Broken(f"Nobody waits for whom the page sends back: {sorted(query)}.")
