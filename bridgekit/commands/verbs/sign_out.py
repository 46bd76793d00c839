"""`sign-out`: end a login of one's own, after what that means was shown."""

from __future__ import annotations

from pydantic import Field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Preview, Route, Where
from bridgekit.ids import LoginID
from bridgekit.login.signing_out import SigningOut


class SignOut(Arguments):
    login: LoginID = Field(description="the login, as `logins` names it")
    confirm: str | None = Field(default=None, description="what was shown to be confirmed")


def sign_out(signing_out: SigningOut) -> Command[SignOut]:
    async def run(asked: Asked[SignOut]) -> Answer:
        told = asked.arguments
        unasked = asked.caller.operator
        meant = await signing_out.preview(asked.user, told.login, unasked=unasked)
        if told.confirm != meant.digest:
            return Preview(text=meant.text, confirm=meant.digest)
        return Answer(text=await signing_out.sign_out(asked.user, told.login, unasked=unasked))

    return Command(
        name="sign-out",
        help="Sign out of a network.",
        arguments=SignOut,
        run=run,
        route=Route("DELETE", "/logins/{login}"),
        where=Where.ALONE,
    )
