"""What `doctor` and `setup` find out by asking Slack."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from bridgekit import ChatID, Field, Finding, Severity
from bridges.slack.config import SlackConfig, Transport
from bridges.slack.doctor import Around, examine
from bridges.slack.fake import FakeSlack, Token
from bridges.slack.fake.person import Person
from bridges.slack.manifest import BOT_EVENTS, BOT_SCOPES, manifest
from bridges.slack.setup import set_up
from tests.adapters.slack.conftest import ROOM, TEAM


def config(slack: FakeSlack, **more: Any) -> SlackConfig:
    settings = {"api_url": slack.api_url, "bot_token": "xoxb-test", "app_token": "xapp-test"}
    return SlackConfig.model_validate(settings | more)


async def findings(config: SlackConfig, around: Around | None = None) -> list[Finding]:
    return [one async for one in examine(config, around or Around(time.time))]


async def test_where_all_is_well_nothing_is_wrong(slack: FakeSlack) -> None:
    found = await findings(config(slack))
    assert [one.severity for one in found] == [Severity.OK] * 3


async def test_each_scope_that_is_missing_is_named(slack: FakeSlack) -> None:
    for scope in BOT_SCOPES:
        slack.state.install(TEAM, "xoxb-test", set(BOT_SCOPES) - {scope})
        bad = [one for one in await findings(config(slack)) if one.severity is not Severity.OK]
        assert [one for one in bad if scope in one.text and one.fix], scope
        assert {one.id for one in bad} == {"slack-scope"}
        assert all(one.severity is Severity.ERROR for one in bad if "chat:write is" in one.text)


@pytest.mark.parametrize(
    ("more", "about", "name"),
    [
        ({"bot_token": "xoxb-wrong"}, "bot_token", "slack-token-refused"),
        ({"app_token": "xapp-wrong"}, "app_token", "slack-token-refused"),
        ({"api_url": "http://127.0.0.1:9/api/"}, "bot_token", "slack-unreachable"),
    ],
)
async def test_what_slack_does_not_accept_is_an_error_with_a_fix(
    slack: FakeSlack, more: dict[str, str], about: str, name: str
) -> None:
    errors = [
        one for one in await findings(config(slack, **more)) if one.severity is Severity.ERROR
    ]
    assert any(one.text.startswith(about) for one in errors)
    assert all(one.fix and one.why for one in errors)
    assert {one.id for one in errors} == {name}


async def test_a_bot_token_that_is_a_persons_is_an_error(slack: FakeSlack) -> None:
    slack.state.add_token(Token("xoxb-person", "user", TEAM, Person(slack, TEAM, "bob").id))
    errors = await findings(config(slack, bot_token="xoxb-person"))
    assert errors[0].severity is Severity.ERROR
    assert errors[0].id == "slack-token-kind"


async def test_an_app_token_without_its_scope_is_an_error(slack: FakeSlack) -> None:
    slack.state.add_token(Token("xapp-test", "app", ""))
    errors = [one for one in await findings(config(slack)) if one.severity is Severity.ERROR]
    assert "connections:write" in errors[0].text
    assert "OAuth & Permissions" not in errors[0].text + errors[0].fix
    assert errors[0].id == "slack-scope"


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (
            {"bot_token": "xapp-1", "app_token": "xapp-1"},
            "an app-level token, and must begin with xoxb-",
        ),
        ({"bot_token": "xoxp-1", "app_token": "xapp-1"}, "the token of a person"),
        ({"bot_token": "xoxc-1", "app_token": "xapp-1"}, "the token of a browser"),
        ({"bot_token": "xoxe.xoxb-1", "app_token": "xapp-1"}, "a token that rotates"),
        (
            {"bot_token": "xoxb-1", "app_token": "xoxb-1"},
            "the token of a bot, and must begin with xapp-",
        ),
        ({"bot_token": "xoxb-1"}, "app_token is missing"),
        ({"bot_token": "xoxb-1", "transport": "http"}, "signing_secret is missing"),
        ({"app_token": "xapp-1"}, "bot_token is missing"),
        ({"bot_token": "xoxb-1", "app_token": "xapp-1", "client_id": "1.2"}, "belong together"),
        ({"bot_token": "xoxb-1", "app_token": "xapp-1", "api_url": "slack.com"}, "must be a URL"),
    ],
)
def test_a_wrong_setting_is_said_without_its_value(settings: dict[str, str], why: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SlackConfig.model_validate(settings)
    said = " ".join(error["msg"] for error in caught.value.errors())
    assert why in said
    assert "-1" not in said


@pytest.mark.parametrize(
    ("skew", "severity"), [(5, None), (60, Severity.WARNING), (400, Severity.ERROR)]
)
async def test_a_clock_that_goes_wrong_is_said(
    slack: FakeSlack, skew: float, severity: Severity | None
) -> None:
    for ahead in (skew, -skew):
        found = await findings(config(slack), Around(lambda ahead=ahead: time.time() + ahead))  # type: ignore[misc]
        said = [one.severity for one in found if one.id == "clock-skew" and one.why]
        assert said == ([] if severity is None else [severity])


@pytest.mark.parametrize(
    ("link", "why", "name"),
    [
        ("general", "is no channel of Slack", "slack-link"),
        ("T0ELSE/C1", "in another workspace", "slack-token-rotated"),
        (f"{TEAM}/C0NONE", "cannot see", "slack-not-invited"),
        (f"{TEAM}/{ROOM}", "", ""),
    ],
)
async def test_a_link_that_leads_nowhere_is_said(
    slack: FakeSlack, link: str, why: str, name: str
) -> None:
    found = await findings(config(slack), Around(time.time, links=[ChatID(link)]))
    bad = [one for one in found if one.severity is not Severity.OK]
    assert [why in one.text and bool(one.fix) for one in bad] == ([True] if why else [])
    assert [one.id for one in bad if one.why] == ([name] if why else [])


@pytest.mark.parametrize("hook", [None, "https://x.y/hook"])
async def test_over_http_the_request_url_is_said(slack: FakeSlack, hook: str | None) -> None:
    over_http = config(slack, transport="http", signing_secret="abc")
    last = (await findings(over_http, Around(time.time, hook)))[-1]
    assert last.severity is (Severity.ERROR if hook is None else Severity.OK)
    assert last.id == ("slack-path" if hook is None else "")
    assert "public URL" in last.text if hook is None else hook in last.text


class Admin:
    """Somebody who follows a guide, with these answers."""

    def __init__(self, **answers: str) -> None:
        self._answers = answers
        self.callback_url: str | None = None
        self.shown: list[str] = []
        self.found: list[Finding] = []

    async def ask(self, *fields: Field) -> Mapping[str, str]:
        return {one.name: self._answers[one.name] for one in fields if one.name in self._answers}

    async def show(self, text: str) -> None:
        self.shown.append(text)

    async def report(self, finding: Finding) -> None:
        self.found.append(finding)


async def test_setup_prints_a_whole_manifest_and_checks_what_comes_of_it(slack: FakeSlack) -> None:
    admin = Admin(bot_token="xoxb-test", app_token="xapp-test")
    empty = SlackConfig.model_construct(api_url=slack.api_url)
    await set_up(admin, empty, Around(time.time))
    text = admin.shown[0]
    app = json.loads(text[text.index("{") : text.rindex("}") + 1])
    assert app == manifest("Matrix", events_url=None, redirect_url=None)
    assert app["settings"]["socket_mode_enabled"]
    assert [one.severity for one in admin.found] == [Severity.OK] * 3
    assert "bot_token: …" in admin.shown[-1]
    assert "xoxb-test" not in "".join(admin.shown)


async def test_setup_says_what_is_missing(slack: FakeSlack) -> None:
    slack.state.install(TEAM, "xoxb-test", set(BOT_SCOPES) - {"chat:write"})
    admin = Admin(bot_token="xoxb-test", app_token="xapp-test")
    empty = SlackConfig.model_construct(api_url=slack.api_url)
    await set_up(admin, empty, Around(time.time))
    assert any("chat:write" in one.text for one in admin.found)
    assert not admin.shown[-1].startswith("5.")


async def test_setup_over_http_needs_an_address(slack: FakeSlack) -> None:
    admin = Admin(bot_token="xoxb-test", signing_secret="abc")
    over_http = SlackConfig.model_construct(api_url=slack.api_url, transport=Transport.HTTP)
    await set_up(admin, over_http, Around(time.time))
    assert admin.found[0].severity is Severity.ERROR
    admin = Admin(bot_token="xoxb-test", signing_secret="abc")
    admin.callback_url = "https://x.y/back"
    await set_up(admin, over_http, Around(time.time, "https://x.y/hook"))
    assert '"request_url": "https://x.y/hook"' in admin.shown[0]
    assert '"https://x.y/back"' in admin.shown[0]


async def test_setup_asks_how_events_come_where_both_ways_are_open(slack: FakeSlack) -> None:
    empty = SlackConfig.model_construct(api_url=slack.api_url)
    admin = Admin(bot_token="xoxb-test", signing_secret="abc", transport="http")
    await set_up(admin, empty, Around(time.time, "https://x.y/hook"))
    assert '"request_url": "https://x.y/hook"' in admin.shown[0]
    assert "transport: http" in admin.shown[-1]
    assert "signing_secret: …" in admin.shown[-1]
    admin = Admin(bot_token="xoxb-test", app_token="xapp-test", transport="http")
    await set_up(admin, empty, Around(time.time))  # no public address: there is nothing to ask
    assert "transport: socket" in admin.shown[-1]


def test_people_can_write_to_the_app() -> None:
    tab = manifest("x", events_url=None, redirect_url=None)["features"]["app_home"]
    assert tab["messages_tab_enabled"]
    assert not tab["messages_tab_read_only_enabled"]


def test_the_manifest_subscribes_to_everything_that_is_understood() -> None:
    from bridges.slack.events import _KINDS

    told = {name.partition(".")[0] for name in BOT_EVENTS}
    assert set(_KINDS) <= told
