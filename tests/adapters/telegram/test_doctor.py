"""What an operator is told of a bot: by `doctor`, and when it is set up."""

import aiohttp
import pytest
from aiohttp import web

from bridgekit import Chat, Severity
from bridges.telegram import TelegramAdapter
from bridges.telegram.config import TELEGRAM, TelegramConfig
from bridges.telegram.doctor import Asked, examine
from bridges.telegram.fake.errors import OTHER_READER, BotError
from bridges.telegram.fake.state import TOKEN
from bridges.telegram.webhook import route
from bridges.telegram.webhook_checks import reachable
from bridges.telegram.wire import Wire

GROUP, FORUM, CHANNEL = -1001, -1_000_000_002_002, -1_000_000_003_003
OURS = "https://bridge.example.org/hooks/telegram"


async def findings(fake, config, *links, address="", **about):
    for name, value in about.items():
        setattr(fake.state, name, value)
    async with aiohttp.ClientSession() as http:
        bot = Wire(http, config.api_url, config.token, 5).bot()
        asked = Asked(config, bot, address, [Chat(str(link)) for link in links])
        return [one async for one in examine(asked)]


def wrong(found):
    """What is not well, each by a name, and with what it leads to and what to do."""
    named = [one for one in found if one.severity is not Severity.OK]
    assert all(one.id.startswith("tg-") and one.why and one.fix for one in named)
    return named


async def test_nothing_is_wrong_where_nothing_is(fake, config_of):
    found = await findings(fake, config_of(fake.url), GROUP, CHANNEL, f"{FORUM}/17", FORUM)
    assert wrong(found) == []
    assert sum("is an administrator: it sees everything" in one.text for one in found) == 3


async def test_privacy_mode_is_told_where_no_chat_is_linked_yet(fake, config_of):
    (warning,) = wrong(await findings(fake, config_of(fake.url), privacy=True))
    assert warning.id == "tg-privacy"
    assert "privacy mode is on" in warning.text
    assert "/setprivacy" in warning.fix


async def test_in_privacy_mode_only_chats_where_the_bot_is_no_administrator_are_wrong(
    fake, config_of
):
    fake.state.chats[GROUP].members[fake.state.bot["id"]] = {"status": "member"}
    found = await findings(fake, config_of(fake.url), GROUP, FORUM, privacy=True)
    (error,) = wrong(found)
    assert (error.severity, error.id) == (Severity.ERROR, "tg-privacy")
    assert "so it must be an administrator of each group; see below" in found[1].text
    assert f"“A group” ({GROUP}) the bot sees only commands" in error.text
    assert "add it again" in error.fix
    assert "only" not in error.fix  # what is wrong is said above it


@pytest.mark.parametrize(
    ("chat", "standing", "known_as", "words"),
    [
        (GROUP, {"status": "member"}, "tg-allowed-updates", "told of no reactions"),
        (GROUP, {"status": "left"}, "tg-chat", "not in this Telegram chat"),
        (GROUP, {"status": "kicked", "until_date": 0}, "tg-chat", "was removed from"),
        (-5, None, "tg-chat", "does not know this chat"),
    ],
)
async def test_how_the_bot_stands_in_a_chat_is_told(
    fake, config_of, chat, standing, known_as, words
):
    if standing is not None:
        fake.state.chats[chat].members[fake.state.bot["id"]] = standing
    (finding,) = wrong(await findings(fake, config_of(fake.url), chat))
    assert finding.id == known_as
    assert words in finding.text


async def test_rights_that_an_administrator_lacks_are_named(fake, config_of):
    mine = fake.state.chats[FORUM].members[fake.state.bot["id"]]
    mine |= {"can_pin_messages": False, "can_manage_topics": False}
    found = await findings(fake, config_of(fake.url), FORUM)
    assert found[-1].text.endswith("It may not: pin; rename topics.")
    fake.state.chats[CHANNEL].members[fake.state.bot["id"]] |= {"can_post_messages": False}
    (error,) = wrong(await findings(fake, config_of(fake.url), CHANNEL))
    assert "may not post" in error.text


async def test_a_group_that_is_a_supergroup_now_and_what_is_no_chat_are_told(fake, config_of):
    fake.state.add_chat(-55, "group", "Small")
    fake.people.migrate(-55, -1_000_000_000_055, told=False)
    links = (-55, "#tea", f"{FORUM}/1")
    moved, none, general = wrong(await findings(fake, config_of(fake.url), *links))
    assert moved.id == "tg-supergroup"
    assert moved.fix == "Write -1000000000055 in place of -55 under `links`."
    assert "'#tea' under `links` is no Telegram chat" in none.text
    assert f"'{FORUM}/1' under `links` is no Telegram chat" in general.text


async def test_a_refused_token_a_left_webhook_and_no_server_are_told(fake, host, config_of):
    fake.webhook.url = "https://elsewhere.example.org"
    (error,) = wrong(await findings(fake, config_of(fake.url)))
    assert "calls a webhook" in error.text
    assert error.id == "tg-webhook-and-poll"
    fake.faults.unauthorized = True
    (error,) = wrong(await findings(fake, config_of(fake.url)))
    assert "does not accept the bot's token" in error.text
    (error,) = wrong(await findings(fake, config_of("http://127.0.0.1:1")))
    assert "cannot be reached" in error.text
    adapter = TelegramAdapter(config_of("http://127.0.0.1:1"), host)
    assert [one async for one in adapter.check()] == [error]


async def test_what_telegram_says_of_the_webhook_is_passed_on(fake, config_of):
    fake.webhook.url, fake.webhook.error = OURS, "Wrong response: 502"
    settings = config_of(fake.url, transport="webhook", webhook_secret="s")
    (error,) = wrong(await findings(fake, settings, address=OURS))
    assert error.id == "tg-webhook-url"
    assert "Wrong response: 502" in error.text
    assert "8443" in error.fix
    fake.webhook.error = ""
    (other,) = wrong(await findings(fake, settings, address="https://other.example.org/x"))
    assert other.id == "tg-webhook-and-poll"
    assert "another program uses it" in other.text


async def test_whoever_wants_less_of_telegram_than_the_bridge_is_told(fake, config_of):
    fake.queue.allowed = frozenset({"message"})
    (warning,) = wrong(await findings(fake, config_of(fake.url)))
    assert warning.id == "tg-allowed-updates"
    assert "wanted no callback_query, " in warning.text
    assert "message_reaction" in warning.text


class Served:
    """What answers at the public URL."""

    def __init__(self, *routes):
        app = web.Application()
        app.add_routes(routes)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.0)

    async def __aenter__(self):
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def __aexit__(self, *_):
        await self._runner.cleanup()


async def called(settings, address):
    async with aiohttp.ClientSession() as http:
        (found,) = [one async for one in reachable(settings, http, address)]
    return found


async def test_the_own_address_is_called_as_telegram_would(config_of):
    settings = config_of("http://api.example.org", transport="webhook", webhook_secret="right")

    async def never(updates):
        raise AssertionError(updates)

    async with Served(route(settings.webhook_secret, never)) as url:
        assert (await called(settings, url)).severity is Severity.OK
        other = config_of("http://api.example.org", transport="webhook", webhook_secret="wrong")
        found = await called(other, url)
        assert (found.severity, found.id) == (Severity.ERROR, "tg-secret")
        assert "does not know the secret" in found.text
        assert "X-Telegram-Bot-Api-Secret-Token" in found.fix
        assert "it answers 404" in (await called(settings, f"{url}/nothing")).text
    assert "cannot be reached" in (await called(settings, url)).text


@pytest.mark.parametrize("url", ["http://bridge.example.org/x", "https://bridge.example.org:9/x"])
async def test_an_address_that_telegram_does_not_call_is_told(config_of, url):
    settings = config_of(TELEGRAM, transport="webhook", webhook_secret="s")
    found = await called(settings, url)
    assert (found.severity, found.id) == (Severity.ERROR, "tg-webhook-url")
    assert "port 443, 80, 88 or 8443" in found.fix


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr("bridges.telegram.setting_up._GLANCE", 0)


class Asking:
    """An operator who says yes."""

    callback_url = None

    def __init__(self, answer="yes"):
        self.answer, self.shown, self.found = answer, [], []

    async def ask(self, *fields):
        return {field.name: self.answer for field in fields}

    async def show(self, text):
        self.shown.append(text)

    async def report(self, finding):
        self.found.append(finding)


@pytest.mark.parametrize(("answer", "left"), [("yes", ""), ("no", "https://elsewhere")])
@pytest.mark.parametrize("transport", ["polling", "webhook"])
async def test_setup_clears_a_webhook_of_others_on_request_and_names_the_steps(
    fake, host, config_of, answer, left, transport
):
    fake.webhook.url = "https://elsewhere"
    person = Asking(answer)
    settings = config_of(fake.url, transport=transport, webhook_secret="s")
    await TelegramAdapter(settings, host).setup(person)
    assert fake.webhook.url == left
    for words in ("/status@bridge_bot", "as an administrator", "who reacts", "/setprivacy"):
        assert words in person.shown[-1]
    assert any(one.severity is Severity.ERROR for one in person.found)


async def test_setup_looks_at_chats_and_for_a_second_reader(fake, host, config_of):
    fake.state.chats[GROUP].members[fake.state.bot["id"]] = {"status": "member"}
    person = Asking()
    await TelegramAdapter(config_of(fake.url), host).setup(person)
    (warning,) = wrong(person.found)
    assert "told of no reactions" in warning.text
    assert "No other program" in person.found[-1].text
    fake.faults.next(OTHER_READER, lambda method: method == "getupdates")
    await TelegramAdapter(config_of(fake.url), host).setup(person)
    assert "Another program receives" in person.found[-1].text
    assert person.found[-1].id == "tg-webhook-and-poll"


async def test_setup_asks_for_the_token_where_there_is_no_configuration_yet(fake, host):
    unset = TelegramConfig.model_construct(api_url=fake.url)
    person = Asking(TOKEN)
    await TelegramAdapter(unset, host).setup(person)
    assert "/newbot" in person.shown[0]
    assert fake.url in person.shown[0]  # where it is tried
    assert "/status@bridge_bot" in person.shown[-1]


@pytest.mark.parametrize("method", ["getme", "getwebhookinfo"])
async def test_setup_ends_where_nobody_answers_as_telegram_would(fake, host, config_of, method):
    fake.faults.next(BotError(502, "Bad Gateway"), lambda asked: asked == method)
    person = Asking()
    settings = config_of(fake.url, transport="webhook", webhook_secret="s")
    await TelegramAdapter(settings, host).setup(person)
    (error,) = person.found
    assert "did not answer as a Bot API server does" in error.text
    assert "run this again" in person.shown[-1]


async def test_setup_ends_where_there_is_no_bot(fake, host, config_of):
    fake.faults.unauthorized = True
    person = Asking()
    await TelegramAdapter(config_of(fake.url), host).setup(person)
    assert "/newbot" in person.shown[-1]
