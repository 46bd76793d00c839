"""`cancel`: give up a sign-in."""

from __future__ import annotations

from pydantic import Field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route, Where
from bridgekit.commands.verbs.sign_in_steps import found
from bridgekit.sign_in.sign_ins import SignIns
from bridgekit.sign_in.steps import Finished
from bridgekit.sign_in.talks import Talks


class Cancel(Arguments):
    sign_in: str | None = Field(default=None, description="the sign-in, if not that of this room")


def cancel(sign_ins: SignIns, talks: Talks) -> Command[Cancel]:
    async def run(asked: Asked[Cancel]) -> Answer:
        if asked.arguments.sign_in is not None:
            session = found(sign_ins, asked.user, asked.arguments.sign_in)
            if isinstance(session.step, Finished):
                return Answer(text=f"There is nothing to cancel: {session.step.text}")
            session.cancel()
        elif asked.room is None or not talks.cancel(asked.room, asked.user):
            return Answer(text="There is nothing to cancel.")
        return Answer(text="It is cancelled.")

    return Command(
        name="cancel",
        help="Give up what I have asked you about.",
        arguments=Cancel,
        run=run,
        route=Route("DELETE", "/sign-ins/{sign_in}"),
        where=Where.ALONE,
    )
