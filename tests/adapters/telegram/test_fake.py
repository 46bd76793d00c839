"""The fake Bot API server answers as Telegram does: also to what the adapter never asks."""

import asyncio

import aiohttp
import pytest

from bridges.telegram.adapter import _session, _wire
from bridges.telegram.fake.faults import Loss
from bridges.telegram.fake.state import TOKEN
from bridges.telegram.wire import UnreachableError

GROUP, FORUM, CHANNEL = -1001, -1_000_000_002_002, -1_000_000_003_003


async def ask(fake, method, **values):
    """Ask it with JSON, as no library would; returns the status and the body."""
    async with aiohttp.ClientSession() as http:
        url = f"{fake.url}/bot{TOKEN}/{method}"
        async with http.post(url, json=values) as response:
            return response.status, await response.json()


@pytest.mark.parametrize(
    ("method", "values", "code", "words"),
    [
        ("sendMessage", {"chat_id": 7, "text": "x"}, 400, "Bad Request: chat not found"),
        ("sendMessage", {"chat_id": GROUP, "text": " "}, 400, "Bad Request: message text is empty"),
        (
            "sendMessage",
            {"chat_id": GROUP, "text": "x" * 4097},
            400,
            "Bad Request: message is too long",
        ),
        (
            "sendMessage",
            {"chat_id": GROUP, "text": "x", "reply_parameters": {"message_id": 99}},
            400,
            "Bad Request: message to be replied not found",
        ),
        (
            "sendMessage",
            {"chat_id": FORUM, "text": "x", "message_thread_id": 1},
            400,
            "Bad Request: message thread not found",
        ),
        (
            "sendMessage",
            {
                "chat_id": GROUP,
                "text": "x",
                "entities": [{"type": "bold", "offset": 0, "length": 2}],
            },
            400,
            "Bad Request: ENTITY_BOUNDS_INVALID",
        ),
        (
            "editMessageText",
            {"chat_id": GROUP, "message_id": 9, "text": "x"},
            400,
            "Bad Request: message to edit not found",
        ),
        (
            "deleteMessage",
            {"chat_id": GROUP, "message_id": 9},
            400,
            "Bad Request: message to delete not found",
        ),
        (
            "setMessageReaction",
            {"chat_id": GROUP, "message_id": 9},
            400,
            "Bad Request: message to react not found",
        ),
        (
            "sendPoll",
            {"chat_id": CHANNEL, "question": "?", "options": ["a", "b"], "is_anonymous": "false"},
            400,
            "Bad Request: non-anonymous polls can't be sent to channel chats",
        ),
        (
            "getFile",
            {"file_id": "x"},
            400,
            "Bad Request: wrong file_id or the file is temporarily unavailable",
        ),
        ("setWebhook", {"url": "http://x"}, 400, None),
        ("sendTelepathy", {}, 404, "Not Found: method not found"),
    ],
)
async def test_it_refuses_in_telegrams_words(fake, method, values, code, words):
    status, body = await ask(fake, method, **values)
    assert (status, body["ok"], body["error_code"]) == (code, False, code)
    assert words is None or body["description"] == words


async def test_a_wrong_token_is_unauthorized(fake):
    async with aiohttp.ClientSession() as http, http.get(f"{fake.url}/bot1:x/getMe") as response:
        assert response.status == 401


async def test_what_is_asked_goes_through_the_proxy_of_the_operator(fake, host, at_work):
    proxy, fake.url = fake.url, "http://telegram.invalid"
    async with at_work(fake, host, proxy=proxy) as place:
        assert (await place.client.chat_info(str(GROUP))).name == "A group"


async def test_a_migrated_group_names_its_new_number(fake):
    fake.state.add_chat(-5, "group")
    fake.people.migrate(-5, -1_000_000_000_005)
    _, body = await ask(fake, "sendMessage", chat_id=-5, text="x")
    assert body["parameters"] == {"migrate_to_chat_id": -1_000_000_000_005}


async def test_too_much_in_a_chat_is_refused_with_the_time_to_wait_and_others_go_on(fake):
    fake.flood.a_minute = 2
    for _ in range(2):
        assert (await ask(fake, "sendMessage", chat_id=GROUP, text="x"))[0] == 200
    status, body = await ask(fake, "sendMessage", chat_id=GROUP, text="x")
    assert status == 429
    assert (
        body["description"] == f"Too Many Requests: retry after {body['parameters']['retry_after']}"
    )
    assert (await ask(fake, "sendMessage", chat_id=CHANNEL, text="x"))[0] == 200
    assert fake.acts.did[-1].message["sender_chat"]["id"] == CHANNEL


async def test_edits_reactions_and_chat_actions_count_like_messages(fake):
    _, made = await ask(fake, "sendMessage", chat_id=GROUP, text="x")
    about = {"chat_id": GROUP, "message_id": made["result"]["message_id"]}
    reaction = [{"type": "emoji", "emoji": "👍"}]
    for method, values in (
        ("editMessageText", {**about, "text": "y"}),
        ("setMessageReaction", {**about, "reaction": reaction}),
        ("sendChatAction", {"chat_id": GROUP, "action": "typing"}),
    ):
        fake.flood.a_minute = None
        assert (await ask(fake, method, **values))[0] == 200
        fake.flood.a_minute = 1
        assert (await ask(fake, method, **{**values, "text": "z"}))[0] == 429
    assert fake.state.chats[GROUP].messages[about["message_id"]]["text"] == "y"


async def test_updates_stay_until_an_offset_confirms_them(fake):
    for text in ("one", "two", "three"):
        fake.people.say("Bob", GROUP, text)
    _, first = await ask(fake, "getUpdates", limit=2)
    _, again = await ask(fake, "getUpdates", limit=2)
    assert [one["message"]["text"] for one in first["result"]] == ["one", "two"]
    assert first == again
    _, rest = await ask(fake, "getUpdates", offset=first["result"][-1]["update_id"] + 1)
    assert [one["message"]["text"] for one in rest["result"]] == ["three"]
    _, last = await ask(fake, "getUpdates", offset=-1)
    assert last == rest


async def test_an_offset_of_an_earlier_count_confirms_nothing(fake):
    fake.people.say("Bob", GROUP, "one")
    number = fake.queue.number
    for offset, left in ((number + 1000, 1), (number + 1, 0)):
        _, found = await ask(fake, "getUpdates", offset=offset)
        assert len(found["result"]) == left


async def test_only_the_kinds_that_were_asked_for_are_kept_and_that_is_remembered(fake):
    number = fake.people.say("Bob", GROUP, "x")
    fake.people.react("Ann", GROUP, number, "👍")  # not by default
    await ask(fake, "getUpdates", allowed_updates=["message_reaction"])
    fake.people.say("Bob", GROUP, "y")
    fake.people.react("Ann", GROUP, number, "🔥")
    _, body = await ask(fake, "getUpdates")
    kinds = [kind for one in body["result"] for kind in one if kind != "update_id"]
    assert kinds == ["message", "message_reaction"]


async def test_a_long_poll_returns_with_what_comes_and_a_second_one_ends_it(fake):
    async with asyncio.TaskGroup() as group:
        first = group.create_task(ask(fake, "getUpdates", timeout=50))
        while fake._reader is None:  # noqa: ASYNC110 (a server tells nobody whom it serves)
            await asyncio.sleep(0)
        second = group.create_task(ask(fake, "getUpdates", timeout=50))
        status, body = await first
        assert status == 409
        assert "terminated by other getUpdates request" in body["description"]
        fake.people.say("Bob", GROUP, "hello")
        _, found = await second
    assert [one["message"]["text"] for one in found["result"]] == ["hello"]


async def test_with_a_webhook_nobody_polls(fake):
    await ask(fake, "setWebhook", url="https://bridge.example.org", secret_token="s")
    _, info = await ask(fake, "getWebhookInfo")
    assert info["result"]["url"] == "https://bridge.example.org"
    status, body = await ask(fake, "getUpdates")
    assert (status, "use deleteWebhook" in body["description"]) == (409, True)
    await ask(fake, "deleteWebhook")
    assert (await ask(fake, "getUpdates"))[0] == 200


async def test_a_lost_answer_was_taken_and_a_lost_request_was_not(fake):
    for loss, count in ((Loss.BEFORE, 0), (Loss.AFTER, 1)):
        fake.faults.next(loss)
        with pytest.raises(aiohttp.ClientError):
            await ask(fake, "sendMessage", chat_id=GROUP, text="x")
        assert len(fake.acts.texts()) == count


async def test_topics_administrators_and_leaving(fake):
    _, made = await ask(fake, "createForumTopic", chat_id=FORUM, name="Tea")
    topic = made["result"]["message_thread_id"]
    about = {"chat_id": FORUM, "message_thread_id": topic}
    assert (await ask(fake, "closeForumTopic", **about))[0] == 200
    assert (await ask(fake, "sendMessage", text="x", **about))[0] == 200
    fake.state.chats[FORUM].members[fake.state.bot["id"]]["can_manage_topics"] = False
    _, body = await ask(fake, "sendMessage", chat_id=FORUM, text="x", message_thread_id=topic)
    assert body["description"] == "Bad Request: TOPIC_CLOSED"
    _, admins = await ask(fake, "getChatAdministrators", chat_id=FORUM)
    assert [one["user"]["username"] for one in admins["result"]] == ["bridge_bot"]
    assert (await ask(fake, "leaveChat", chat_id=FORUM))[0] == 200
    status, body = await ask(fake, "sendMessage", chat_id=FORUM, text="x")
    assert (status, "is not a member" in body["description"]) == (403, True)


async def test_what_a_proxy_did_not_let_through_was_surely_not_sent(config_of):
    async def refuse(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as proxy:
        host, port = proxy.sockets[0].getsockname()
        settings = config_of("https://telegram.invalid", proxy=f"http://{host}:{port}")
        async with _session(settings) as http:
            with pytest.raises(UnreachableError):
                await _wire(settings, http).bot().send_message(GROUP, "x")
