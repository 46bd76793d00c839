"""The fake refuses what Slack refuses, as slack-sdk's own client sees it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bridges.slack.fake import Channel, FakeSlack, Fault, Kind, Token
from bridges.slack.fake.call import METHODS, RETIRED
from bridges.slack.fake.person import Person
from bridges.slack.manifest import BOT_SCOPES
from tests.adapters.slack.conftest import ROOM, TEAM


async def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


@pytest.mark.parametrize("method", sorted(RETIRED))
async def test_what_slack_has_switched_off_is_refused(
    web: AsyncWebClient, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACKCLIENT_SKIP_DEPRECATION", "1")  # the SDK warns of them as well
    assert await refusal(web.api_call(method)) == "method_deprecated"


async def test_a_method_that_there_is_not_is_refused(web: AsyncWebClient) -> None:
    assert await refusal(web.api_call("chat.shout")) == "unknown_method"


async def test_a_token_that_nobody_gave_out_is_refused(slack: FakeSlack) -> None:
    for token in ("xoxb-wrong", None):
        web = AsyncWebClient(token=token, base_url=slack.api_url, retry_handlers=[])
        assert await refusal(web.auth_test()) == "invalid_auth"


@pytest.mark.parametrize(
    ("scope", "method", "arguments"),
    [
        ("chat:write", "chat.postMessage", {"channel": ROOM, "text": "x"}),
        (
            "chat:write.customize",
            "chat.postMessage",
            {"channel": ROOM, "text": "x", "username": "y"},
        ),
        ("channels:history", "conversations.history", {"channel": ROOM}),
        ("channels:read", "conversations.info", {"channel": ROOM}),
        ("channels:join", "conversations.join", {"channel": ROOM}),
        ("users:read", "users.info", {"user": "U0BRIDGE"}),
        ("emoji:read", "emoji.list", {}),
        ("files:write", "files.getUploadURLExternal", {"filename": "x", "length": "1"}),
        ("files:read", "files.info", {"file": "F1"}),
        ("reactions:write", "reactions.add", {"channel": ROOM, "name": "x", "timestamp": "1.1"}),
        ("pins:write", "pins.add", {"channel": ROOM, "timestamp": "1.1"}),
    ],
)
async def test_a_call_without_its_scope_is_refused_and_the_scope_is_named(
    slack: FakeSlack, scope: str, method: str, arguments: dict[str, str]
) -> None:
    slack.state.install(TEAM, "xoxb-less", set(BOT_SCOPES) - {scope})
    web = AsyncWebClient(token="xoxb-less", base_url=slack.api_url, retry_handlers=[])
    with pytest.raises(SlackApiError) as caught:
        await web.api_call(method, data=arguments)
    assert caught.value.response["error"] == "missing_scope"
    assert scope in caught.value.response["needed"]


async def test_every_method_wants_a_scope_but_the_one_that_tells_whose_token_it_is() -> None:
    by_channel = {"history", "replies", "info", "members", "mark"}  # by the kind of channel
    free = {name for name, method in METHODS.items() if not method.scopes}
    assert {name for name in free if name.rpartition(".")[2] not in by_channel} == {
        "auth.test",
        "auth.revoke",
    }


async def test_a_token_of_another_kind_is_refused(web: AsyncWebClient, slack: FakeSlack) -> None:
    assert await refusal(web.api_call("apps.connections.open")) == "not_allowed_token_type"
    app = AsyncWebClient(token="xapp-test", base_url=slack.api_url, retry_handlers=[])
    assert await refusal(app.chat_postMessage(channel=ROOM, text="x")) == "not_allowed_token_type"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"channel": "C0NONE", "text": "x"}, "channel_not_found"),
        ({"channel": ROOM, "text": " "}, "no_text"),
        ({"channel": ROOM, "text": "x", "thread_ts": "1.1"}, "thread_not_found"),
        ({"channel": "C0ELSEWHERE", "text": "x"}, "not_in_channel"),
        ({"channel": "C0OLD", "text": "x"}, "is_archived"),
        ({"channel": "C0NEWS", "text": "x"}, "restricted_action_read_only_channel"),
        ({"channel": "C0SECRET", "text": "x"}, "channel_not_found"),
        (
            {"channel": ROOM, "text": "x", "blocks": '[{"type": "rich_text", "elements": []}]'},
            "invalid_blocks",
        ),
        (
            {
                "channel": ROOM,
                "text": "x",
                "blocks": '[{"type": "header", "text": {"text": "%s"}}]' % ("y" * 14_000),
            },
            "msg_blocks_too_long",
        ),
    ],
)
async def test_a_post_that_cannot_be_is_refused(
    slack: FakeSlack, web: AsyncWebClient, arguments: dict[str, str], code: str
) -> None:
    channels = slack.state.workspace(TEAM).channels
    channels["C0ELSEWHERE"] = Channel("C0ELSEWHERE", "elsewhere")
    channels["C0OLD"] = Channel("C0OLD", "old", members=["U0BRIDGE"], archived=True)
    channels["C0NEWS"] = Channel("C0NEWS", "news", members=["U0BRIDGE"], read_only=True)
    channels["C0SECRET"] = Channel("C0SECRET", "secret", "group")
    assert await refusal(web.api_call("chat.postMessage", data=arguments)) == code


async def test_a_post_that_is_too_long_is_cut_off_and_an_edit_is_refused(
    slack: FakeSlack, web: AsyncWebClient
) -> None:
    answer = await web.chat_postMessage(channel=ROOM, text="x" * 40_001)
    assert answer["response_metadata"]["warnings"] == ["message_truncated"]
    ts = answer["ts"]
    assert len(slack.state.workspace(TEAM).channels[ROOM].messages[ts]["text"]) == 40_000
    for long in ("x" * 4001, "ё" * 2001, "&amp;" * 801):
        assert await refusal(web.chat_update(channel=ROOM, ts=ts, text=long)) == "msg_too_long"
    assert await web.chat_update(channel=ROOM, ts=ts, text="x" * 4000)


async def test_nobody_changes_what_others_said(slack: FakeSlack, web: AsyncWebClient) -> None:
    ts = Person(slack, TEAM, "bob").says(ROOM, "mine")
    assert await refusal(web.chat_update(channel=ROOM, ts=ts, text="x")) == "cant_update_message"
    assert await refusal(web.chat_delete(channel=ROOM, ts=ts)) == "cant_delete_message"
    assert await refusal(web.chat_delete(channel=ROOM, ts="1.1")) == "message_not_found"


async def test_a_reaction_is_there_once_and_gone_once(
    slack: FakeSlack, web: AsyncWebClient
) -> None:
    ts = Person(slack, TEAM, "bob").says(ROOM, "hello")
    where = {"channel": ROOM, "timestamp": ts}
    await web.reactions_add(name="wave", **where)
    assert await refusal(web.reactions_add(name="wave", **where)) == "already_reacted"
    await web.reactions_remove(name="wave", **where)
    assert await refusal(web.reactions_remove(name="wave", **where)) == "no_reaction"
    assert await refusal(web.reactions_add(name="no_such_emoji", **where)) == "invalid_name"


async def test_an_app_puts_so_many_reactions_on_a_message(
    slack: FakeSlack, web: AsyncWebClient
) -> None:
    from bridges.slack.emoji import _by_name

    ts = Person(slack, TEAM, "bob").says(ROOM, "hello")
    names = [name for name in _by_name() if name.isalpha()][:24]
    for name in names[:23]:
        await web.reactions_add(name=name, channel=ROOM, timestamp=ts)
    call = web.reactions_add(name=names[23], channel=ROOM, timestamp=ts)
    assert await refusal(call) == "too_many_reactions"


async def test_more_calls_than_a_tier_allows_are_told_when_to_come_back(
    slack: FakeSlack, web: AsyncWebClient
) -> None:
    slack.tiers.enforced = True
    with pytest.raises(SlackApiError) as caught:
        await asyncio.gather(*(web.chat_postMessage(channel=ROOM, text="x") for _ in range(30)))
    assert caught.value.response.status_code == 429
    assert int(caught.value.response.headers["Retry-After"]) >= 1
    assert await web.auth_test()  # another method has calls of its own


async def test_a_file_without_the_scope_is_a_login_page(slack: FakeSlack) -> None:
    import aiohttp

    slack.state.install(TEAM, "xoxb-less", {"chat:write"})
    Person(slack, TEAM, "bob").shares(ROOM, {"a.txt": b"the content"})
    (file,) = slack.state.workspace(TEAM).files.values()
    url = f"{slack.origin}/files-pri/{TEAM}-{file.id}/download/a.txt"
    async with aiohttp.ClientSession() as http:
        for token, found in (("xoxb-test", b"the content"), ("xoxb-less", b"<html>Sign in</html>")):
            headers = {"Authorization": f"Bearer {token}"}
            async with http.get(url, headers=headers) as response:
                assert await response.read() == found


async def test_an_upload_is_shared_without_saying_where(
    slack: FakeSlack, web: AsyncWebClient
) -> None:
    answer = await web.files_upload_v2(channel=ROOM, content="the content", filename="a.txt")
    file = answer["file"]["id"]
    assert "shares" not in answer["file"]
    info = await web.files_info(file=file)
    assert (
        info["file"]["shares"]["public"][ROOM][0]["ts"]
        in slack.state.workspace(TEAM).channels[ROOM].messages
    )


@pytest.mark.parametrize(
    ("kind", "count"), [(Kind.LOST, 1), (Kind.CUT, 0), (Kind.BROKEN, 1), (Kind.REFUSED, 0)]
)
async def test_a_fault_comes_before_or_after_it_is_done(
    slack: FakeSlack, web: AsyncWebClient, kind: Kind, count: int
) -> None:
    slack.faults.next(Fault(kind), {"chat.postMessage"})
    with pytest.raises(Exception):  # noqa: B017, PT011 (of the client library, whichever)
        await web.chat_postMessage(channel=ROOM, text="x")
    assert len(slack.state.workspace(TEAM).channels[ROOM].messages) == count
    await web.chat_postMessage(channel=ROOM, text="x")


async def test_a_person_sees_what_they_are_in_only(slack: FakeSlack) -> None:
    slack.state.add_token(Token("xoxp-bob", "user", TEAM, "U0BOB", scopes=frozenset(BOT_SCOPES)))
    Person(slack, TEAM, "bob")
    slack.state.workspace(TEAM).channels["D1"] = Channel("D1", "", "im", ["U0CAROL", "U0BRIDGE"])
    web = AsyncWebClient(token="xoxp-bob", base_url=slack.api_url, retry_handlers=[])
    assert await refusal(web.conversations_history(channel="D1")) == "channel_not_found"
