"""The adapter against InspIRCd and its services: accounts, enforced nicks, labels, gateways."""

from itertools import count

import pytest

from bridgekit import (
    ChatChange,
    Login,
    LoginError,
    LoginID,
    Rank,
    Rejected,
    RetryLater,
    Scope,
    Severity,
)
from bridgekit.testing.servers import inspircd as run_inspircd
from tests.integration.missing import or_skip

pytestmark = pytest.mark.inspircd


@pytest.fixture
async def adapter(adapter_on, inspircd):
    return adapter_on(inspircd.port)


_numbers = count(1)


@pytest.fixture
async def account(inspircd, irc_person):
    """An account of somebody who is not there, with the nick of the same name."""
    nick = f"owner{next(_numbers)}"
    async with irc_person(inspircd.port, nick) as owner:
        owner.say(f"PRIVMSG NickServ :REGISTER open-sesame {nick}@test.local")
        await owner.hear("registered")
    return {"account": nick, "secret": "open-sesame"}


def own(name, **credentials):
    return Login(LoginID(name), name, credentials, relay=False)


def may_speak(host):
    changes = [event.content for event in host.events if isinstance(event.content, ChatChange)]
    return [change.info.may_speak for change in changes]


async def whois(client, nick):
    return await client.command("whois", [nick], None)


async def test_people_sign_in_to_accounts(adapter, running, account):
    async with running(adapter, own("Olga", **account)) as olga:
        assert olga.me == account["account"]
        assert f"signed in as {olga.me}" in await whois(olga, olga.me)


async def test_a_wrong_password_is_refused_with_a_sentence(adapter, account):
    login = own("Olga", **{**account, "secret": "wrong"})
    with pytest.raises(LoginError, match="refuses the account, its password or certificate"):
        async with adapter.connect(login):
            pass


async def test_who_has_no_right_to_a_nick_is_renamed_and_stays_one_of_us(
    adapter, running, host, account, person_login
):
    async with running(adapter, person_login(account["account"])) as stranger:
        await host.until(lambda: host.identities)
        assert stranger.me.startswith("guest")
        assert host.identities[0] == (account["account"], stranger.me)
        assert (await whois(stranger, stranger.me)).startswith("Guest")


async def test_a_nick_comes_back_as_soon_as_it_is_free(
    adapter, running, host, inspircd, irc_person, person_login
):
    async with (
        irc_person(inspircd.port, "Wanted") as other,
        running(adapter, person_login("wanted")) as client,
    ):
        assert client.me == "wanted_"
        other.say("QUIT")
        await host.until(lambda: ("wanted", "wanted") in host.identities)
        assert client.me == "wanted"


async def test_a_message_is_confirmed_with_the_id_that_others_see(
    adapter, running, inspircd, irc_person, person_login, matrix_event
):
    async with irc_person(inspircd.port, "tia") as tia:
        tia.say("CAP REQ message-tags")
        await tia.join("#ids")
        async with running(adapter, person_login("carol")) as carol:
            sent = await carol.send(matrix_event("#ids", "hi"))
            assert f"msgid={sent.ids[0]}" in await tia.hear("PRIVMSG #ids :hi")


async def test_the_server_shows_the_address_that_the_gateway_tells(
    adapter_on, inspircd, running, person_login
):
    people = {"addresses": "2001:db8::/64", "webirc": {"password": inspircd.gateway}}
    adapter = adapter_on(inspircd.port, people=people)
    async with running(adapter, person_login("gwen")) as gwen:
        assert "(gwen@2001:db8::" in await whois(gwen, "gwen")


async def test_people_with_one_name_have_user_names_of_their_own(adapter, running):
    same = {"nick": "twin", "username": "twin", "realname": "Twin"}
    async with running(adapter, own("a", **same)) as a, running(adapter, own("b", **same)) as b:
        assert "(twin@" in await whois(a, a.me)
        assert "(twin_1@" in await whois(b, b.me)


async def test_channels_that_are_moderated_forwarded_or_closed(
    adapter, running, host, inspircd, irc_person, bot_login
):
    async with irc_person(inspircd.port, "opal") as opal:
        for channel in ("#calm", "#full", "#over", "#members"):
            await opal.join(channel)
        opal.say("MODE #calm +mk secret", "MODE #full +lL 1 #over", "MODE #members +R")
        await opal.hear("MODE #members")
        adapter = type(adapter)(adapter.config.model_copy(update={"keys": {}}), host)
        async with running(adapter, bot_login(adapter)) as bot:
            with pytest.raises(Rejected, match="the channel has a key"):
                await bot.enter("#calm")
            with pytest.raises(Rejected, match="forwards #full to #over; bridge that instead"):
                await bot.enter("#full")
            assert "#over" in await opal.hear(" PART ")
            with pytest.raises(Rejected, match="for nicks with an account only"):
                await bot.enter("#members")
            opal.say("MODE #calm -k secret")
            await opal.hear("MODE #calm :-k", "MODE #calm -k")
            await bot.enter("#calm")
            await host.until(lambda: Rank.VOICE in may_speak(host))


async def test_a_limit_of_connections_stops_all_for_a_while_and_is_explained(
    adapter_on, running, bot_login, person_login, tmp_path
):
    with or_skip(run_inspircd(tmp_path, most=2)) as server:
        adapter = adapter_on(server.port)
        async with running(adapter, bot_login(adapter)), running(adapter, person_login("ann")):
            with pytest.raises(RetryLater, match="asks for a pause") as refused:
                async with adapter.connect(person_login("bob")):
                    pass
            assert (refused.value.scope, refused.value.after) == (Scope.NETWORK, 60)
            found = [finding async for finding in adapter.check()]
    assert found[-1].severity is Severity.ERROR
    assert found[-1].id == "irc-connection-limit"


async def test_the_doctor_explains_a_channel_for_accounts_only(adapter, host, inspircd, irc_person):
    async with irc_person(inspircd.port, "regina") as regina:
        await regina.join("#regged")
        regina.say("MODE #regged +R")
        await regina.hear("MODE #regged")
        host.linked = [adapter.chat_named("#regged"), adapter.chat_named("#free")]
        found = [finding async for finding in adapter.check()][-2:]
    assert [one.severity for one in found] == [Severity.ERROR, Severity.OK]
    assert "for nicks with an account only" in found[0].text


async def test_who_is_known_to_nickserv_is_let_in_where_accounts_are_wanted(
    adapter_on, inspircd, host, irc_person, running, bot_login
):
    """Services answer when they like, and the server refuses who comes before."""
    async with irc_person(inspircd.port, "botowner") as owner:
        owner.say("PRIVMSG NickServ :REGISTER open-sesame botowner@test.local")
        await owner.hear("registered")
        await owner.join("#accounts")
        owner.say("MODE #accounts +R")
        await owner.hear("MODE #accounts")
        sasl = {"username": "botowner", "password": "open-sesame", "mechanism": "nickserv"}
        adapter = adapter_on(inspircd.port, sasl=sasl, nick="doorman")
        async with running(adapter, bot_login(adapter)) as bot:
            await bot.enter("#accounts")
        host.linked = [adapter.chat_named("#accounts")]
        found = [one.text async for one in adapter.check()]
        assert "The bot gets into #accounts." in found
