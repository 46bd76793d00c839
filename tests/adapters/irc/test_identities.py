"""As whom people sign in: their user name, their address, and an account if they have one."""

import asyncio
import re

import pytest

from bridgekit import Login, LoginID, Person
from bridges.irc.config import IRCConfig
from bridges.irc.features import Features
from bridges.irc.handshake import Handshake
from bridges.irc.identities import ACCOUNT, Identities
from bridges.irc.nicks import users
from bridges.irc.owned import Owned
from bridges.irc.sasl import Account, Mechanism

ADDRESSES = {"addresses": "2001:db8::/64"}


def identities(host, **settings):
    return Identities(IRCConfig.model_validate({"host": "irc.test", **settings}), host)


def login(name, **credentials):
    return Login(LoginID(name), name, credentials, relay=False)


async def test_a_user_name_belongs_to_one_login_for_good(host):
    async def names():
        idents = Owned(host, "ident")  # as after a restart
        return await asyncio.gather(
            *(idents.of(one, users("myreallylo", 10)) for one in ("a", "b", "c"))
        )

    first = await names()
    assert first == ["myreallylo", "myreally_1", "myreally_2"]
    assert await names() == first


def test_user_names_keep_their_length():
    names = list(users("myreallylo", 101))
    assert names[10:12] == ["myreall_10", "myreall_11"]
    assert {len(name) for name in names} == {10}
    assert len(set(names)) == 101


async def test_a_user_name_whose_owner_was_not_noted_before_a_crash_is_given_once(host):
    host.saved = {"ident alice": "a"}
    assert await Owned(host, "ident").of("b", users("alice", 10)) == "alice_1"
    assert await Owned(host, "ident").of("a", users("alice", 10)) == "alice"


async def test_where_all_are_taken_there_is_none(host):
    host.saved = {"ident alice": "a"}
    assert await Owned(host, "ident").of("b", ["alice"]) is None


async def test_people_have_user_names_of_their_own_and_the_bot_its_configured_one(host):
    who = identities(host)
    same = {"nick": "al", "username": "alice", "realname": "Al"}
    assert (await who.of(login("a", **same))).username == "alice"
    assert (await who.of(login("b", **same))).username == "alice_1"
    bot = Login(LoginID("bot"), None, {**same, "username": "alice"}, relay=True)
    assert (await who.of(bot)).username == "alice"


def test_a_nick_may_be_made_of_the_localpart(host):
    who = identities(host, puppet_nick="{localpart}[m]")
    person = Person("p", "Alice Liddell", "al.liddell")
    assert who.nick(who.without_account(person)) == "alliddell[m]"


async def test_who_signs_in_speaks_with_their_account_and_its_name(host):
    who = await identities(host).of(login("a", account="Car ol!", secret="a b  c"))
    assert (who.nick, who.username) == ("Carol", "carol")
    assert who.account == Account("Car ol!", "a b  c", Mechanism.AUTO)
    chosen = login("b", account="carol", secret="x", nick="cc", mechanism="nickserv")
    who = await identities(host).of(chosen)
    assert (who.nick, who.account.mechanism) == ("cc", Mechanism.NICKSERV)


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("account", "carol", "two words"),
        ("account", "carol", "a\r\nQUIT"),
        ("secret", "with  blanks: and colons", "a\nQUIT"),
        ("nick", "carol[m]", "1st"),
        ("nick", "carol", "a\r\nQUIT"),
    ],
)
def test_what_would_not_stay_one_line_is_not_taken_for_an_answer(field, good, bad):
    (asked,) = [one for one in ACCOUNT if one.name == field]
    assert re.fullmatch(asked.pattern, good)
    assert not re.fullmatch(asked.pattern, bad)


async def test_each_person_has_an_address_and_keeps_it(host):
    who = identities(host, people=ADDRESSES)
    first, again, other = [await who.source(login(name)) for name in ("a", "a", "b")]
    assert first == again != other
    assert first.startswith("2001:0db8:0000:0000:")
    assert await who.source(Login(LoginID("bot"), None, {}, relay=True)) is None


async def test_no_two_people_share_an_address_in_a_small_network(host):
    people = {"addresses": "10.0.0.0/16"}
    who = identities(host, people=people)
    first = [await who.source(login(f"p{number}")) for number in range(1000)]
    assert len(set(first)) == 1000
    again = identities(host, people=people)  # as after a restart, in another order
    assert [await again.source(login(f"p{n}")) for n in reversed(range(1000))] == first[::-1]
    other = identities(host, people={"addresses": "10.1.0.0/16"})
    assert (await other.source(login("p1"))).startswith("10.1.")


async def test_that_a_server_has_sasl_is_remembered(host):
    account = {"username": "me", "password": "secret"}
    bot = Login(LoginID("bot"), None, identities(host, sasl=account).bot(), relay=True)
    first = await identities(host, sasl=account).of(bot)
    assert not first.sasl_before
    await identities(host, sasl=account).signed_in(first)
    assert (await identities(host, sasl=account).of(bot)).sasl_before
    assert (await identities(host).of(login("a", account="a", secret="x"))).sasl_before


async def test_the_bot_and_people_have_the_modes_that_the_operator_wants(host):
    bot = Login(LoginID("bot"), None, {"nick": "bot"}, relay=True)
    assert (await identities(host).of(bot)).modes is None
    assert (await identities(host).of(login("a", nick="a"))).modes == ""
    who = identities(host, modes="+B", people={"modes": "+x-w"})
    assert (await who.of(bot)).modes == "+B"
    assert (await who.of(login("a", nick="a"))).modes == "+x-w"


async def test_a_gateway_tells_the_address_before_anything_else(host):
    webirc = {"password": "gate", "gateway": "matrix"}
    who = identities(host, people={**ADDRESSES, "webirc": webirc})
    person = login("a", nick="al", username="alice", realname="Al")
    assert await who.source(person) is None  # it is told, not used
    address = await identities(host, people=ADDRESSES).source(person)
    lines = Handshake(await who.of(person), 30, Features()).start()
    assert lines[0] == f"WEBIRC gate matrix {address} {address} secure"
    assert "gate" not in repr(await who.of(person))


@pytest.mark.parametrize(
    ("people", "words"),
    [
        ({"addresses": "192.0.2.0/24"}, "a network of 65536 addresses or more"),
        ({"webirc": {"password": "x"}}, "webirc needs addresses"),
        ({"most": 0}, "most"),
        ({"modes": "x y"}, "with their signs, such as"),
    ],
)
def test_a_mistake_is_named(people, words):
    with pytest.raises(ValueError, match=words):
        IRCConfig.model_validate({"host": "h", "people": people})
