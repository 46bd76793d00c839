"""OAuth v2, tokens that people paste, and tokens that rotate."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest
from aiohttp import ClientSession
from pydantic import SecretStr
from yarl import URL

from bridgekit import Chat, ChatID, Field, Host, Login, LoginError, LoginID
from bridges.slack import SlackAdapter
from bridges.slack.client import SlackClient
from bridges.slack.config import SlackConfig
from bridges.slack.fake import SECRET, FakeSlack, Token
from bridges.slack.fake.oauth import CLIENT_ID, CLIENT_SECRET, agree
from bridges.slack.manifest import BOT_SCOPES, USER_SCOPES
from bridges.slack.oauth import OAuth
from bridges.slack.person import PersonClient
from tests.adapters.slack.conftest import TEAM

NOW = 1_900_000_000.0
CALLBACK = "https://bridge.example.org/callback"


class Browser:
    """Somebody who is sent to Slack and comes back with `query`."""

    callback_url, state = CALLBACK, "state-of-theirs"
    person = "@alice:example.org"

    def __init__(self, query: Mapping[str, str] | None = None, *, relay: bool = False) -> None:
        self.query = {"state": self.state} | dict(query or {})
        self.relay = relay
        self.asked: list[Field] = []
        self.url = URL()
        self.answers: dict[str, str] = {}

    async def ask(self, *fields: Field) -> Mapping[str, str]:
        self.asked += fields
        return self.answers

    async def show(self, text: str, *, link: str | None = None, qr: str | None = None) -> None:
        raise AssertionError(text, link, qr)

    async def redirect(self, url: str) -> Mapping[str, str]:
        self.url = URL(url)
        return self.query


class Kept(Host):
    """What a host keeps, as far as signing in needs one."""

    def __init__(self) -> None:
        self.values: dict[str, str | None] = {}
        self.renewed: list[Mapping[str, str]] = []

    async def load(self, key: str) -> str | None:
        return self.values.get(key)

    async def save(self, key: str, value: str | None) -> None:
        self.values[key] = value

    def chats(self, login: LoginID) -> Sequence[Chat]:
        del login
        return ()

    async def credentials_changed(self, login: LoginID, credentials: Mapping[str, str]) -> None:
        del login
        self.renewed.append(dict(credentials))

    def mount(self, routes: Any) -> str:
        del routes
        return "https://bridge.example.org/hooks/slack"


def config(slack: FakeSlack, **more: Any) -> SlackConfig:
    settings = {
        "api_url": slack.api_url,
        "transport": "http",
        "signing_secret": SECRET,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }
    return SlackConfig.model_validate(settings | more)


def carols(slack: FakeSlack) -> Token:
    user = slack.state.workspace(TEAM).person("carol")
    return Token("xoxp-carol", "user", TEAM, user, scopes=frozenset(USER_SCOPES))


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as http:
        yield http


async def test_a_person_signs_in_as_themselves(slack: FakeSlack, http: ClientSession) -> None:
    agree(slack.state, "code-1", carols(slack))
    browser = Browser({"code": "code-1"})
    given = await OAuth(config(slack), http, lambda: NOW).sign_in(browser)
    assert given == {"token": "xoxp-carol", "team": TEAM, "user": "U0CAROL"}
    assert browser.url.path == "/oauth/v2/authorize"
    assert set(browser.url.query["user_scope"].split(",")) == set(USER_SCOPES)
    assert browser.url.query["scope"] == ""
    assert browser.url.query["state"] == "state-of-theirs"
    assert browser.url.query["redirect_uri"] == CALLBACK


async def test_an_operator_installs_the_app_in_another_workspace(
    slack: FakeSlack, http: ClientSession
) -> None:
    other = slack.state.install("T0OTHER", "xoxb-other", BOT_SCOPES)
    agree(slack.state, "code-2", other)
    browser = Browser({"code": "code-2"}, relay=True)
    given = await OAuth(config(slack), http, lambda: NOW).sign_in(browser)
    assert (given["token"], given["team"]) == ("xoxb-other", "T0OTHER")
    assert set(browser.url.query["scope"].split(",")) == set(BOT_SCOPES)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ({"code": "code-1", "state": "of somebody else"}, "another sign-in"),
        ({"error": "access_denied"}, "not allowed"),
        ({"code": "made up"}, "Slack did not take it"),
    ],
)
async def test_an_answer_that_is_not_theirs_signs_nobody_in(
    slack: FakeSlack, http: ClientSession, query: dict[str, str], why: str
) -> None:
    agree(slack.state, "code-1", carols(slack))
    with pytest.raises(LoginError, match=why):
        await OAuth(config(slack), http, lambda: NOW).sign_in(Browser(query))


async def test_a_code_is_good_once(slack: FakeSlack, http: ClientSession) -> None:
    agree(slack.state, "code-1", carols(slack))
    oauth = OAuth(config(slack), http, lambda: NOW)
    await oauth.sign_in(Browser({"code": "code-1"}))
    with pytest.raises(LoginError):
        await oauth.sign_in(Browser({"code": "code-1"}))


@pytest.mark.parametrize(("relay", "token"), [(False, "xoxb-test"), (True, "xoxp-carol")])
async def test_a_token_of_the_wrong_kind_is_refused(
    slack: FakeSlack,
    http: ClientSession,
    relay: bool,  # noqa: FBT001 (of a table)
    token: str,
) -> None:
    slack.state.add_token(carols(slack))
    browser = Browser(relay=relay)
    browser.answers = {"token": token}
    without = config(slack, client_id=None, client_secret=None, bot_token="xoxb-test")
    with pytest.raises(LoginError, match="bot"):
        await OAuth(without, http, lambda: NOW).sign_in(browser)


async def test_without_oauth_a_person_pastes_a_token(slack: FakeSlack, http: ClientSession) -> None:
    slack.state.add_token(carols(slack))
    browser = Browser()
    browser.answers = {"token": " xoxp-carol "}
    without = config(slack, client_id=None, client_secret=None, bot_token="xoxb-test")
    given = await OAuth(without, http, lambda: NOW).sign_in(browser)
    assert given["token"] == "xoxp-carol"
    assert browser.asked[0].secret


async def test_of_a_pasted_token_that_slack_refuses_it_is_said_where_to_look(
    slack: FakeSlack, http: ClientSession
) -> None:
    browser = Browser()
    browser.answers = {"token": "xoxp-mistyped"}
    without = config(slack, client_id=None, client_secret=None, bot_token="xoxb-test")
    with pytest.raises(LoginError, match=r"does not accept the token\. Copy it once more") as told:
        await OAuth(without, http, lambda: NOW).sign_in(browser)
    assert "OAuth & Permissions of the app at api.slack.com/apps" in str(told.value)


class Timed(SlackAdapter):
    """Whose time of day a test sets."""

    time_of_day = NOW

    @staticmethod
    def now() -> float:
        return Timed.time_of_day


async def test_a_token_that_ends_soon_is_renewed_and_stored_before_it_is_used(
    slack: FakeSlack, http: ClientSession
) -> None:
    Timed.time_of_day = NOW
    bot = slack.state.bot_of(TEAM)
    assert bot is not None
    agree(slack.state, "code-1", bot, rotates=True)
    browser = Browser({"code": "code-1"}, relay=True)
    given = await OAuth(config(slack), http, lambda: NOW).sign_in(browser)
    assert given["expires_at"] == str(int(NOW) + 43_200)
    host = Kept()
    adapter = Timed(config(slack), host)
    login = Login(LoginID("slack:bot"), None, given, relay=True)
    async with adapter.connect(login) as client:
        assert client.session.lasts == 43_200 - 3600
    assert host.renewed == []
    Timed.time_of_day = NOW + 43_000
    async with adapter.connect(login) as client:
        assert client.session.login.credentials["token"] != given["token"]
    (renewed,) = host.renewed
    assert renewed["refresh_token"] != given["refresh_token"]
    assert renewed["token"] in slack.state.tokens
    assert given["token"] not in slack.state.tokens


async def test_a_connection_ends_with_its_token(slack: FakeSlack) -> None:
    Timed.time_of_day = NOW
    credentials = {"token": "xoxb-test", "refresh_token": "x", "expires_at": str(int(NOW) + 3600)}
    adapter = Timed(config(slack), Kept())
    login = Login(LoginID("slack:bot"), None, credentials, relay=True)
    credentials["expires_at"] = str(int(NOW) + 3601)  # one second before it is to be renewed
    async with adapter.connect(login) as client:
        client.session.lasts = 0.0
        await client.run()


async def test_whose_refresh_token_is_refused_must_sign_in_again(slack: FakeSlack) -> None:
    Timed.time_of_day = NOW
    credentials = {"token": "xoxb-test", "refresh_token": "used up", "expires_at": "0"}
    login = Login(LoginID("slack:bot"), None, credentials, relay=True)
    with pytest.raises(LoginError):
        async with Timed(config(slack), Kept()).connect(login):
            pass


async def test_a_person_has_abilities_of_their_own(slack: FakeSlack) -> None:
    slack.state.add_token(carols(slack))
    adapter = SlackAdapter(config(slack), Kept())
    credentials = {"token": "xoxp-carol"}
    async with adapter.connect(
        Login(LoginID("slack:carol"), "Carol", credentials, relay=False)
    ) as client:
        assert isinstance(client, PersonClient)
        slack.state.workspace(TEAM).person("bob")
        chat = await client.resolve("bob")
        assert chat.private
        assert chat == await client.resolve("@Bob") == await client.resolve("t0team-u0bob")
        found = [one.name async for one in client.search("bo")]
        assert found == ["bob"]
    async with adapter.connect(
        Login(LoginID("slack:bot"), None, {"token": "xoxb-test"}, relay=True)
    ) as client:
        assert type(client) is SlackClient


async def test_each_workspace_has_channels_of_its_own(slack: FakeSlack) -> None:
    slack.state.install("T0OTHER", "xoxb-other", BOT_SCOPES)
    adapter = SlackAdapter(config(slack), Kept())
    installed = {"token": "xoxb-other", "team": "T0OTHER"}
    other = Login(LoginID("slack:other"), None, installed, relay=True)
    configured = Login(LoginID("slack:bot"), None, {"token": "xoxb-test"}, relay=True)
    here, there = ChatID(f"{TEAM}/C1"), ChatID("T0OTHER/C1")
    assert (adapter.serves(other, here), adapter.serves(other, there)) == (False, True)
    async with adapter.connect(configured) as client:
        assert client.place == TEAM
    assert (adapter.serves(configured, here), adapter.serves(configured, there)) == (True, False)


def test_no_secret_is_in_a_representation(slack: FakeSlack) -> None:
    shown = repr(config(slack, bot_token=SecretStr("xoxb-very-secret")))
    for secret in (SECRET, CLIENT_SECRET, "very-secret"):
        assert secret not in shown
