"""`my-data` and `forget-me`: what is stored about whoever asks, and its deletion."""

from __future__ import annotations

import json
from typing import Any

from pydantic import Field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Preview, Route, Where
from bridgekit.login.personal_data import PersonalData

LONGEST = 20_000  # characters that a chat can show; the rest comes over the API
AGREED = "forget-me"


class ShowData(Arguments):
    pass


class StoredData(Answer):
    data: dict[str, Any]


class ForgetMe(Arguments):
    confirm: str | None = Field(default=None, description="what was shown to be confirmed")


def my_data(personal: PersonalData) -> Command[ShowData]:
    async def run(asked: Asked[ShowData]) -> StoredData:
        data = await personal.export(asked.user)
        text = json.dumps(data, indent=1, ensure_ascii=False)
        if len(text) > LONGEST:
            text = f"{text[:LONGEST]}\n… This is not all: `bridgekit do my-data` has the rest."
        return StoredData(text=text, data=data)

    return Command(
        name="my-data",
        help="Show what this bridge has stored about you.",
        arguments=ShowData,
        answer=StoredData,
        run=run,
        route=Route("GET", "/data"),
        where=Where.ALONE,
    )


def forget_me(personal: PersonalData) -> Command[ForgetMe]:
    async def run(asked: Asked[ForgetMe]) -> Answer:
        if asked.arguments.confirm != AGREED:
            return Preview(
                text=(
                    "You will be signed out of every network, your private chats will not be "
                    "bridged any more, and what is stored about you will be deleted. What you "
                    "said stays in the rooms and on the networks where you said it."
                ),
                confirm=AGREED,
            )
        await asked.progress("I sign you out everywhere, and look for what is stored …")
        ended = await personal.erase(asked.user)
        out = f"You are signed out of {ended} login{'' if ended == 1 else 's'}, and what"
        return Answer(
            text=f"{out if ended else 'What'} was stored about you is deleted. "
            "What hung on it follows within moments."
        )

    return Command(
        name="forget-me",
        help="Sign out everywhere, and delete what is stored about you.",
        arguments=ForgetMe,
        run=run,
        route=Route("DELETE", "/data"),
        where=Where.ALONE,
    )
