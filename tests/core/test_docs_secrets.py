"""SECURITY.md says of every secret of the configuration what it opens, and of nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel, SecretStr

from bridgekit.configuration.schema import fields, holds_secrets, is_keyed, nested
from bridgekit.configuration.settings import NetworkSettings, Settings
from bridges.irc.config import IRCConfig
from bridges.slack.config import SlackConfig
from bridges.sms.config import SMSConfig
from bridges.telegram.config import TelegramConfig

SECURITY = Path(__file__).parents[2] / "SECURITY.md"
MODELS = {
    "": Settings,
    "IRC": IRCConfig,
    "SMS": SMSConfig,
    "Slack": SlackConfig,
    "Telegram": TelegramConfig,
}


def secrets(model: type[BaseModel], at: tuple[str, ...] = ()) -> Iterator[str]:
    """Where the secrets of a model are; `*` stands for a key of the operator's choice."""
    for name, field in fields(model).items():
        inside = nested(field)
        if holds_secrets(field) or any(map(_is_secret, get_args(field.annotation))):
            yield ".".join((*at, name))
        elif inside is not None:
            yield from secrets(inside, (*at, name, *(["*"] if is_keyed(field) else [])))


def _is_secret(kind: object) -> bool:
    """Whether it is made of one: the address of a database."""
    made = is_dataclass(kind) and isinstance(kind, type)
    return made and any(one.type in (SecretStr, "SecretStr") for one in dataclass_fields(kind))


def named(text: str) -> dict[str, list[str]]:
    """What the table names, by whose settings they are."""
    _, _, part = text.partition("\n## What each secret opens\n")
    found: dict[str, list[str]] = {}
    for cell in re.findall(r"^\| ([^|]*`[^|]*) \|", part.partition("\n## ")[0], re.MULTILINE):
        whose, colon, rest = cell.partition(": ")
        found.setdefault(whose if colon else "", []).extend(
            re.findall(r"`([^`]+)`", rest if colon else cell)
        )
    return found


@pytest.mark.parametrize("whose", MODELS)
def test_every_secret_is_in_the_table_of_what_it_opens(whose: str) -> None:
    told = named(SECURITY.read_text("utf-8"))
    assert told.keys() == MODELS.keys()
    assert sorted(told[whose]) == sorted(secrets(MODELS[whose]))


def test_what_networks_have_in_common_is_no_secret() -> None:
    assert list(secrets(NetworkSettings)) == []


def test_a_secret_that_is_not_told_of_is_missed() -> None:
    class Inner(BaseModel):
        word: SecretStr | None = None

    class Outer(BaseModel):
        shown: str
        token: SecretStr
        keys: dict[str, SecretStr]
        those: dict[str, Inner]

    assert list(secrets(Outer)) == ["token", "keys", "those.*.word"]
    assert named(
        "x\n## What each secret opens\n\n| `a.b`, `c` | x |\n| IRC: `d` | `e` |\n## y"
    ) == {
        "": ["a.b", "c"],
        "IRC": ["d"],
    }
