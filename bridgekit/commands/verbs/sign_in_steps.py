"""`sign-in-step` and `answer`: a sign-in outside of a chat, step by step."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field, SecretStr, field_validator

from bridgekit.adapter import Field as LoginField
from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route, Where
from bridgekit.commands.refusals import Mistyped, Unknown
from bridgekit.errors import Rejected
from bridgekit.ids import LoginID, NetworkName, UserID
from bridgekit.matrix.reading import read_json
from bridgekit.sign_in.session import Session
from bridgekit.sign_in.sign_ins import SignIns
from bridgekit.sign_in.steps import Asking, Finished, Redirecting, Showing, Waiting

LONGEST = 30  # seconds for which somebody waits for the next step


class AskedField(BaseModel):
    """One thing to answer."""

    name: str
    prompt: str
    secret: bool
    optional: bool
    pattern: str | None
    choices: list[str]


class SignInStep(Answer):
    """Where a sign-in is: what is wanted of the person now."""

    sign_in: str
    network: NetworkName
    step: str = Field(description="Names this step; a later one has another name.")
    kind: Literal["asking", "showing", "redirecting", "waiting", "finished"]
    fields: list[AskedField] = Field(default_factory=list, description="What to answer (asking).")
    link: str | None = Field(default=None, description="A page to open (showing, redirecting).")
    login: LoginID | None = Field(default=None, description="What it led to; null: to nothing.")


class LookAtStep(Arguments):
    sign_in: str = Field(description="the sign-in, as it was named when it began")
    after: str | None = Field(default=None, description="wait for a step other than this one")
    wait: int = Field(default=0, ge=0, le=LONGEST, description="seconds to wait at most")


class AnswerStep(Arguments):
    sign_in: str = Field(description="the sign-in, as it was named when it began")
    step: str = Field(description="the step that is answered; the same twice is one answer")
    answers: dict[str, SecretStr] = Field(
        description="the answers by the names of the fields; typed, one of them as `name=answer`"
    )

    @field_validator("answers", mode="before")
    @classmethod
    def _typed(cls, value: Any) -> Any:
        """What is typed is one word: `name=answer`, or JSON."""
        if not isinstance(value, str):
            return value
        if value.startswith("{"):
            try:
                return read_json(value)
            except (ValueError, RecursionError):
                raise ValueError("is no JSON; write it like name=answer") from None
        name, named, answer = value.partition("=")
        if not named:
            raise ValueError("does not say which field it answers; write it like name=answer")
        return {name: answer}


def sign_in_step(sign_ins: SignIns) -> Command[LookAtStep]:
    async def run(asked: Asked[LookAtStep]) -> SignInStep:
        told = asked.arguments
        session = found(sign_ins, asked.user, told.sign_in)
        if told.after is not None:
            await session.changed(told.after, float(told.wait))
        return as_answer(session)

    return Command(
        name="sign-in-step",
        help="Show where a sign-in is that you began outside of this chat.",
        arguments=LookAtStep,
        answer=SignInStep,
        run=run,
        route=Route("GET", "/sign-ins/{sign_in}"),
        where=Where.ALONE,
    )


def answer(sign_ins: SignIns) -> Command[AnswerStep]:
    async def run(asked: Asked[AnswerStep]) -> SignInStep:
        told = asked.arguments
        session = found(sign_ins, asked.user, told.sign_in)
        try:
            given = {name: one.get_secret_value() for name, one in told.answers.items()}
            session.answer(told.step, given)
        except Rejected as error:
            raise Mistyped(str(error), "answers") from error
        await session.changed(session.step.id, 1.0)
        return as_answer(session)

    return Command(
        name="answer",
        help="Answer a step of a sign-in that you began outside of this chat.",
        arguments=AnswerStep,
        answer=SignInStep,
        run=run,
        route=Route("POST", "/sign-ins/{sign_in}/steps/{step}"),
        where=Where.ALONE,
    )


def found(sign_ins: SignIns, user: UserID, sign_in: str) -> Session:
    """Their sign-in. Raises `Unknown`."""
    try:
        return sign_ins.find(user, sign_in)
    except Rejected as error:
        raise Unknown(str(error)) from error


def _field(field: LoginField) -> AskedField:
    return AskedField(
        name=field.name,
        prompt=field.prompt,
        secret=field.secret,
        optional=field.optional,
        pattern=field.pattern,
        choices=list(field.choices),
    )


def as_answer(session: Session, text: str | None = None) -> SignInStep:
    """A sign-in as all fronts show it."""
    common: dict[str, Any] = {"sign_in": session.id, "network": session.network}
    common["step"] = session.step.id
    match session.step:
        case Asking(fields=fields):
            return SignInStep(
                text=text or " ".join(field.prompt for field in fields),
                kind="asking",
                fields=[_field(field) for field in fields],
                **common,
            )
        case Showing(text=shown, link=link, qr=qr):
            return SignInStep(text=text or shown, kind="showing", link=link, qr=qr, **common)
        case Redirecting(url=url):
            shown = "Open the page, and sign in there."
            return SignInStep(text=text or shown, kind="redirecting", link=url, **common)
        case Waiting():
            return SignInStep(text=text or "One moment …", kind="waiting", **common)
        case Finished(text=end, login=login):
            return SignInStep(text=text or end, kind="finished", login=login, **common)
