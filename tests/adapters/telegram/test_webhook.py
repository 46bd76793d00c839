"""Where Telegram calls: who may, what is taken, and when it is answered."""

import asyncio
import json
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from bridgekit import RetryLater, plain
from bridges.telegram.fake.webhook import HEADER

GROUP = -1001
SECRET = {HEADER: "the-secret"}


@asynccontextmanager
async def mounted(host):
    """What the core does with the routes of an adapter."""

    async def served(request):
        return await host.mounted[0].handler(request)

    app = web.Application(client_max_size=0)
    app.router.add_post("/hook", served)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield host.url
    finally:
        await runner.cleanup()


@pytest.fixture
async def called(fake, host, at_work):
    async with (
        mounted(host),
        at_work(fake, host, transport="webhook", webhook_secret="the-secret") as place,
    ):
        yield place


async def call(place, body, headers=SECRET):
    async with aiohttp.ClientSession() as http:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with http.post(place.host.url, data=data, headers=headers) as response:
            return response.status


def update(number, text="hello"):
    chat = {"id": GROUP, "type": "supergroup", "title": "A group"}
    user = {"id": 5, "is_bot": False, "first_name": "Bob"}
    said = {"message_id": number, "date": 1, "chat": chat, "from": user, "text": text}
    return {"update_id": number, "message": said}


@pytest.mark.parametrize("headers", [{}, {HEADER: "wrong"}, {HEADER: "the-secre\u00e9"}])
async def test_who_does_not_know_the_secret_is_turned_away_unread(called, headers):
    assert await call(called, b"{not even json", headers) == 401
    assert called.host.events == []


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"{", b"[1]", b'"x"', b"[" * 100_000])
async def test_what_is_no_update_is_a_bad_request(called, body):
    assert await call(called, body) == 400


async def test_more_than_a_megabyte_is_too_large(called):
    assert await call(called, b" " * 1_000_001) == 413


async def test_an_update_is_answered_once_it_is_stored_and_poison_too(called):
    assert await call(called, update(1)) == 200
    assert plain(called.host.events[0].content.text) == "hello"
    assert await call(called, {"update_id": 2, "message": {"message_id": "x"}}) == 200
    assert len(called.host.aside) == 1


async def test_what_cannot_be_stored_comes_again(called):
    called.host.failures = [RetryLater("full", after=3.0)]
    assert await call(called, update(1)) == 503
    called.host.failures = [OSError("the disk is full")]
    assert await call(called, update(1)) == 500
    assert await call(called, update(1)) == 200


async def test_telegram_calls_again_until_it_is_stored_and_in_order(called, monkeypatch):
    monkeypatch.setattr("bridges.telegram.fake.webhook._PAUSES", (0.0,))
    called.host.failures = [OSError("the disk is full")] * 3
    for text in ("one", "two", "three"):
        called.people.say("Bob", GROUP, text)
    await called.heard(3)
    assert [plain(event.content.text) for event in called.host.events] == ["one", "two", "three"]


async def test_telegram_is_told_where_to_call_with_what_and_how(called):
    webhook = called.fake.webhook
    assert webhook.url == called.host.url
    assert (webhook.secret, webhook.connections) == ("the-secret", 1)
    assert {"message_reaction", "chat_member", "my_chat_member"} <= called.fake.queue.allowed


CALLED = {"transport": "webhook", "webhook_secret": "s"}


@pytest.fixture
def _often(monkeypatch):
    monkeypatch.setattr("bridges.telegram.calling._LOOK", 0.01)
    monkeypatch.setattr("bridges.telegram.fake.webhook._PAUSES", (0.0,))


@pytest.mark.usefixtures("_often")
async def test_whoever_takes_the_webhook_away_ends_the_connection(fake, host, at_work):
    async with mounted(host), at_work(fake, host, **CALLED) as place:
        fake.webhook.url = "https://elsewhere.example.org"
        fake.webhook.secret = None
        with pytest.raises(RetryLater, match="takes nothing from another program"):
            await asyncio.wait_for(place.running, 60)


async def test_the_webhook_of_another_program_is_not_taken_away(fake, host, at_work):
    fake.webhook.url = "https://elsewhere.example.org/x"
    with pytest.raises(RetryLater, match="bridgekit setup"):
        async with mounted(host), at_work(fake, host, **CALLED):
            pass
    assert fake.webhook.url == "https://elsewhere.example.org/x"
    fake.webhook.url = "https://old.example.org/hook"  # ours, before the bridge had another host
    async with mounted(host), at_work(fake, host, **CALLED):
        assert fake.webhook.url == host.url


async def test_an_address_that_telegram_refuses_is_told_in_its_words(fake, host, at_work):
    host.url = "http://bridge.example.org/hook"
    with pytest.raises(RetryLater, match="an https url must be provided"):
        async with at_work(fake, host, **CALLED):
            pass


@pytest.mark.usefixtures("_often")
async def test_a_webhook_that_fails_is_told_in_each_room_and_that_it_works_again(
    fake, host, at_work
):
    def told():
        return [plain(event.content.text) for event in host.events if event.sender is None]

    async with mounted(host), at_work(fake, host, **CALLED) as place:
        place.fake.webhook.secret = "a proxy spoils it"
        place.people.say("Bob", GROUP, "hello")
        await host.until(lambda: len(told()) == len(host.linked))
        assert "cannot call the bridge (Wrong response from the webhook: 401)" in told()[0]
        assert "listening at" not in host.saved  # which is noted only while all is well
        place.fake.webhook.secret = "s"
        await host.until(lambda: told()[-1] == "Telegram calls the bridge again.")
        assert host.saved["listening at"]
    assert len({event.key for event in host.events if event.sender is None}) == 2 * len(host.linked)


@pytest.mark.usefixtures("_often")
async def test_what_was_not_called_for_more_than_a_day_may_be_missing(
    fake, host, at_work, monkeypatch
):
    monkeypatch.setattr("bridges.telegram.calling.KEPT", 0.0)
    async with mounted(host), at_work(fake, host, **CALLED) as place:
        with pytest.raises(RetryLater, match="more than a day"):
            await asyncio.wait_for(place.running, 60)


async def test_commands_are_answered_there_too(called):
    called.people.say(
        "Bob",
        GROUP,
        "/help@bridge_bot",
        entities=[{"type": "bot_command", "offset": 0, "length": 16}],
    )
    answers = await called.fake.acts.until(lambda: called.fake.acts.texts(GROUP))
    assert "joins this chat to a room" in answers[0]


async def test_what_is_called_again_since_the_answer_was_lost_is_told_by_the_same_id(called):
    called.fake.webhook.lost = 1
    called.people.say("Bob", GROUP, "once")
    first, again = await called.heard(2)
    assert first.id == again.id  # the core shows it once
    assert called.fake.webhook.lost == 0
