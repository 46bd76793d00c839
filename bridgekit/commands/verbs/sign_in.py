"""`sign-in`: begin to sign in to a network; it goes on in the chat, or at its own address."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bridgekit.commands.caller import Via
from bridgekit.commands.command import Arguments, Asked, Command, Named, Route, Where
from bridgekit.commands.verbs.sign_in_steps import SignInStep, as_answer
from bridgekit.errors import Rejected
from bridgekit.ids import LoginID, NetworkName
from bridgekit.permissions.rights import Right
from bridgekit.person.management import Management
from bridgekit.sign_in.sign_ins import SignIns
from bridgekit.sign_in.talks import Talks

FIRST = 5.0  # seconds in which most adapters have said what they want


class SignIn(Arguments):
    network: NetworkName = Field(description="the network, as `networks` names it")
    again: Annotated[LoginID | None, Named("login")] = Field(
        default=None, description="a login of yours to sign in to again"
    )
    relay: bool = Field(default=False, description="an operator's: it will be the bridge's own")


def sign_in(sign_ins: SignIns, talks: Talks, management: Management) -> Command[SignIn]:
    async def run(asked: Asked[SignIn]) -> SignInStep:
        told = asked.arguments
        room = asked.room if asked.caller.via is Via.CHAT else None
        if room is not None:
            await management.adopt(asked.user, room)
        session = await sign_ins.begin(
            asked.user,
            told.network,
            again=told.again,
            relay=told.relay,
            room=room,
            unasked=asked.caller.operator,
        )
        if room is not None:
            try:
                talks.begin(session, room)
            except Rejected:
                session.cancel()
                raise
            return as_answer(session).model_copy(update={"text": ""})  # the talk says all, in order
        await session.changed(session.step.id, FIRST)
        return as_answer(session)

    return Command(
        name="sign-in",
        help="Sign in to a network with your own account.",
        arguments=SignIn,
        answer=SignInStep,
        run=run,
        route=Route("POST", "/sign-ins"),
        right=Right.SIGN_IN,
        where=Where.ALONE,
    )
