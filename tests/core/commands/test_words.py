"""What is typed, as arguments, and what is to be typed."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, SecretStr

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Named, Rest, Route
from bridgekit.commands.reading import read
from bridgekit.commands.refusals import Mistyped, Unknown
from bridgekit.commands.secrecy import is_typed, may_hold_secret
from bridgekit.commands.table import Table
from bridgekit.commands.words import arguments_of, split, takes_secret, usage
from bridgekit.ids import NetworkName
from tests.fuzz.effort import tries


class Link(Arguments):
    network: NetworkName = Field(description="the network")
    chat: str
    limit: int = Field(default=5, ge=1)
    topic: Rest = ""
    dry_run: bool = False


class Many(Arguments):
    name: str
    scopes: tuple[str, ...] = ()


class One(Arguments):
    name: str


class Again(One):
    login: Annotated[str | None, Named("account")] = None
    confirm: str | None = None


class ManyAndMore(Many):
    days: int = 90


class Secret(Arguments):
    token: SecretStr


async def run(asked: Asked[Any]) -> Answer:
    return Answer(text=repr(asked.arguments))


def command(name: str, arguments: type[Arguments], **fields: Any) -> Command[Any]:
    return Command(name, "Does it.", arguments, run, Route("GET", f"/{name}"), **fields)


LINK = command("link", Link)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("link libera #python", ["link", "libera", "#python"]),
        ('a "b c" d', ["a", "b c", "d"]),
        ("a “b c” „d e“", ["a", "b c", "d e"]),
        ("it's not 'quoted'", ["it's", "not", "'quoted'"]),
        ('a ""', ["a", ""]),
        ('--topic="b c" x', ["--topic=b c", "x"]),
        ("  a\n b\tc ", ["a", "b", "c"]),
        ("a\\b", ["a\\b"]),
        ("", []),
    ],
)
def test_a_line_is_split_as_people_mean_it(line: str, words: list[str]) -> None:
    assert split(line) == words


@pytest.mark.parametrize("line", ['a "b c', "“a b"])
def test_a_quote_that_is_not_closed_is_said(line: str) -> None:
    with pytest.raises(Mistyped, match="A quote is not closed"):
        split(line)


@pytest.mark.parametrize(
    ("model", "line", "values"),
    [
        (Link, "libera #a", {"network": "libera", "chat": "#a"}),
        (Link, "libera #a 7 what is this", {"limit": "7", "topic": "what is this"}),
        (Link, "--chat=#a libera --dry-run", {"network": "libera", "dry_run": True}),
        (Link, "--chat #a libera", {"network": "libera", "chat": "#a"}),
        (Again, "a --login b", {"name": "a", "login": "b"}),
        (Link, "-- --chat #a", {"network": "--chat", "chat": "#a"}),
        (Link, "libera -5", {"network": "libera", "chat": "-5"}),
        (Many, "a read help", {"name": "a", "scopes": ["read", "help"]}),
        (Many, "", {}),
    ],
)
def test_words_become_arguments(model: type[Arguments], line: str, values: dict[str, Any]) -> None:
    found = arguments_of(model, split(line))
    assert values.items() <= found.items()


@pytest.mark.parametrize(
    ("model", "line", "why"),
    [
        (One, "a hunter2", r"^There are more words than this takes; [a-z ]+\.$"),
        (Again, "a hunter2", r"^There are more words than this takes; [a-z ]+\.$"),
        (Secret, "--hunter2 b", "no such option; there are: --token"),
        (Link, "libera --chta #a", "no such option; there are: --network, --chat, --limit"),
        (Link, "libera --chat", "--chat needs a value"),
    ],
)
def test_words_that_fit_nowhere_are_said(model: type[Arguments], line: str, why: str) -> None:
    with pytest.raises(Mistyped, match=why):
        arguments_of(model, split(line))


@pytest.mark.parametrize(
    ("values", "why", "field"),
    [
        (
            {"network": "x"},
            r"chat is missing. Write: `link NETWORK CHAT \[LIMIT\] \[TOPIC…\] \[",
            "chat",
        ),
        ({"chat": "x"}, r"network \(the network\) is missing", "network"),
        ({"network": "x", "chat": "y", "limit": "z"}, "limit must be a whole number", "limit"),
        ({"network": "x", "chat": "y", "limit": 0}, "limit is too small; it is 1 or more", "limit"),
        ({"network": "x", "chat": "y", "more": 1}, "more is nothing that this command", "more"),
        ({"network": "x", "chat": 5}, "chat is not written as it must be", "chat"),
        ({"network": "x", "chat": "a\0b"}, "chat holds characters", "chat"),
        ({"network": "x", "chat": "\ud800"}, "chat holds characters", "chat"),
        ({"network": "x", "chat": "\x1b[2J"}, "chat holds characters", "chat"),
    ],
)
def test_wrong_arguments_are_one_sentence(values: dict[str, Any], why: str, field: str) -> None:
    with pytest.raises(Mistyped, match=why) as raised:
        read(LINK, values)
    assert raised.value.field == field


def test_no_sentence_quotes_what_was_given() -> None:
    with pytest.raises(Mistyped) as raised:
        read(command("secret", Secret), {"token": {"hunter2": "hunter2"}})
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("line", ["abc hunter2", "--hunter2 abc", "abc --hunter2=x"])
def test_no_word_of_what_may_be_a_secret_is_quoted(line: str) -> None:
    with pytest.raises(Mistyped) as raised:
        arguments_of(Secret, split(line))
    assert "hunter2" not in str(raised.value)


def test_usage_is_made_from_the_fields() -> None:
    assert usage(LINK) == "link NETWORK CHAT [LIMIT] [TOPIC…] [--dry-run]"
    assert usage(command("make", Many)) == "make NAME [SCOPES…]"
    assert usage(command("make", ManyAndMore)) == "make NAME [SCOPES…] [--days DAYS]"
    assert usage(command("make", Again)) == "make NAME [--login ACCOUNT]", "nobody types `confirm`"
    assert usage(command("nick", Many, takes="NICK [WHY]")) == "nick NICK [WHY]"
    assert usage(command("nick", Many, takes="")) == "nick"


def test_secrets_are_known_by_their_type() -> None:
    assert takes_secret(Secret)
    assert not takes_secret(Link)


SECRETS = Table(
    [
        command("puppet", One),
        command("puppet-token", Secret),
        command("puppet-off", One),
        command("sign-in", Again),
    ]
)


@pytest.mark.parametrize(
    "typed",
    [
        "puppet-token horse",
        "pupet_token horse",
        "puppettoken horse",
        "PupetToken: horse",
        "puppet token horse staple",
        "pupet token=horse",
        "puppet horse",
        "token horse",
        "sign-in bank horse",
        "sign in bank horse",
        "sing-in bank horse",
    ],
)
def test_a_secret_is_known_however_its_command_is_misspelt(typed: str) -> None:
    assert may_hold_secret(SECRETS, typed)


@pytest.mark.parametrize(
    "typed",
    [
        "puppet",
        "puppet-token",
        "puppet token",
        "puppet off",
        "sign-in bank",
        "sign in bank",
        "sign-in bank --login x",
        "good day",
    ],
)
def test_what_holds_no_secret_is_left_where_it_is(typed: str) -> None:
    assert not may_hold_secret(SECRETS, typed)


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("pupet-token horse", True),
        ("puppettoken horse and more", True),
        ("pupettoken horse", True),
        ("puppet token horse", True),
        ("puppet tokens are what we talked about", False),
        ("puppet shows are fun", False),
        ("answer me soon", False),
        ("answer x password=horse", True),
    ],
)
def test_talk_is_told_from_a_command_without_its_prefix(said: str, typed: object) -> None:
    assert is_typed(SECRETS, said) is typed


def test_an_unknown_command_suggests_what_may_be_meant() -> None:
    table = Table([LINK, command("unlink", Link), command("sms-balance", Many)])
    assert table.find("LINK") is LINK
    assert table.find("balance", [NetworkName("irc"), NetworkName("sms")]).name == "sms-balance"
    with pytest.raises(Unknown, match="There is no such command; did you mean `link`"):
        table.find("lnik")


@pytest.mark.parametrize(
    "secret", ["syt_YWxpY2U_abc", "hunter", "linked", "horse-battery", "a\x1b"]
)
def test_what_may_be_a_secret_and_no_command_is_not_quoted(secret: str) -> None:
    with pytest.raises(Unknown, match=r"There is no such command; (`help`|did you)") as refused:
        Table([LINK]).find(secret)
    assert secret not in str(refused.value)


def test_a_command_of_a_network_takes_the_place_of_none_of_ours() -> None:
    """As of a network called "sign" whose adapter has a command "in"."""
    assert Table([LINK, command("link", Many)]).find("link") is LINK


@tries(100)
@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_or_refused_with_a_sentence(line: str) -> None:
    try:
        read(LINK, arguments_of(Link, split(line)))
    except Mistyped as error:
        assert str(error)[-1] in ".`", str(error)  # noqa: PT017 (either is well)
