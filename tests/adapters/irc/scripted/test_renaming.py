"""A nick follows the name on Matrix, but for one that its person has chosen."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from bridgekit import Login, LoginID, Person, Rejected
from bridges.irc import IRCAdapter
from bridges.irc.client import IRCClient

if TYPE_CHECKING:
    from tests.adapters.irc.conftest import RecordingHost
    from tests.adapters.irc.scripted.conftest import Peer

ME = LoginID("alice")


def person(name):
    return Person(ME, name, "alice")


def login(credentials):
    return Login(ME, "Alice", credentials, relay=False)


@dataclass
class Here:
    """Alice's connection, and the server's side of it."""

    adapter: IRCAdapter
    client: IRCClient
    peer: "Peer"
    first: Login
    host: "RecordingHost"

    @property
    def now(self) -> Login:
        """What the core has of her."""
        return login(self.host.renewed.get(ME, self.first.credentials))

    async def called(self, name: str, *answers: str) -> str:
        """The core says what she is called; the server says `answers` to what that leads to."""
        renaming = asyncio.create_task(self.adapter.rename(self.now, person(name)))
        heard = await self.answer(*answers)
        await renaming
        return heard

    async def answer(self, *answers: str) -> str:
        heard = await self.peer.expect("NICK")
        self.peer.say(*answers)
        ping = await self.peer.expect("PING")
        self.peer.say(f":s.x PONG s.x {ping.removeprefix('PING ')}")
        return heard

    async def settled(self) -> None:
        self.peer.say("PING :settled")
        await self.peer.expect("PONG settled")


@pytest.fixture
def alice(adapter_on, running, scripted, host):
    """Has Alice connect, on a network with such settings, or the bot with what is hers."""

    @asynccontextmanager
    async def connected(made=None, *, bot=False, **settings):
        peers, over = asyncio.Queue(), asyncio.Event()

        async def script(peer):
            await peer.welcome("CASEMAPPING=ascii", "NICKLEN=12")
            peers.put_nowait(peer)
            await over.wait()

        async with scripted(script) as port:
            adapter = adapter_on(port, **settings)
            first = login(made or adapter.automatic_login(person("Alice")))
            first = replace(first, person=None) if bot else first
            async with running(adapter, first) as client:
                yield Here(adapter, client, await peers.get(), first, host)
                over.set()

    return connected


async def test_a_new_name_is_a_new_nick_now_and_for_the_next_connection(alice, host):
    async with alice(puppet_nick="{name}[m]") as here:
        assert here.client.me == "alice[m]"
        heard = await here.called("Alicia L.", ":Alice[m]!a@h NICK AliciaL[m]")
        assert (heard, here.client.me) == ("NICK AliciaL[m]", "alicial[m]")
        assert here.adapter._identities.nick(host.renewed[ME]) == "AliciaL[m]"
        assert host.renewed[ME]["realname"] == "Alicia L."
        written = list(here.peer.heard)
        await here.adapter.rename(here.now, person("Alicia L."))  # as after a restart
        await here.settled()
        assert [line for line in here.peer.heard if line not in written] == ["PONG settled"]


async def test_a_nick_is_no_longer_than_the_server_allows(alice):
    async with alice() as here:
        name = "Alexandrina Victoria"
        assert await here.called(name, ":alice!a@h NICK AlexandrinaV") == "NICK AlexandrinaV"


async def test_a_nick_that_cannot_be_had_is_explained_and_not_asked_for_again(alice, host):
    async with alice() as here:
        with pytest.raises(Rejected, match="IRC did not call you bob: somebody else has this nick"):
            await here.called("bob", ":s.x 433 alice bob :Nickname is already in use")
        assert here.client.me == "alice"
        here.peer.say(":bob!b@h QUIT :bye")  # it is free now: nobody waits for it
        await here.settled()
        assert here.peer.heard.count("NICK bob") == 1
        assert here.adapter._identities.nick(host.renewed[ME]) == "bob"


async def test_a_nick_that_was_chosen_stays(alice, host):
    async with alice() as here:
        choosing = here.client.command("nick", ["ally"], None)
        await asyncio.gather(choosing, here.answer(":alice!a@h NICK ally"))
        chosen = host.renewed[ME]
        await here.adapter.rename(here.now, person("Alicia"))
        await here.settled()
        assert (here.client.me, host.renewed[ME]) == ("ally", chosen)
        assert "NICK Alicia" not in here.peer.heard


async def test_a_nick_by_which_services_know_somebody_is_theirs(alice, host):
    async with alice() as here:
        here.peer.say(":s.x 900 alice alice!a@h alice :You are now logged in as alice")
        await here.settled()
        assert host.renewed[ME]["nick"] == "Alice"
        await here.adapter.rename(here.now, person("Alicia"))
        await here.settled()
        assert "NICK Alicia" not in here.peer.heard


@pytest.mark.parametrize("made", [None, {"nick": "Alice", "realname": "Alice"}], ids=["", "old"])
async def test_it_is_theirs_after_a_restart_and_while_they_are_idle_too(
    alice, adapter_on, host, made
):
    async with alice(made) as here:
        here.peer.say(":s.x 900 alice alice!a@h alice :You are now logged in as alice")
        await here.settled()
        kept = dict(here.now.credentials)
        here.peer.say(":s.x 901 alice alice!a@h :You are now logged out")
        here.peer.say(":s.x 900 alice alice!a@h alice :You are now logged in as alice")
        await here.settled()
        assert host.renewals == 1, "it is written down once"
    again = adapter_on(6667, puppet_nick="{name}|m")
    await again.rename(login(kept), person("Alicia"))
    assert host.renewals == 1
    assert again._identities.nick(kept) == "Alice"


async def test_what_is_chosen_stays_though_it_is_what_would_have_been_made(alice, host):
    async with alice({"nick": "Ally", "realname": "Alice"}) as here:
        choosing = here.client.command("nick", ["Alice"], None)
        await asyncio.gather(choosing, here.answer(":ally!a@h NICK Alice"))
        kept = dict(host.renewed[ME])
        await here.adapter.rename(here.now, person("Alicia"))
        assert host.renewed[ME] == kept


async def test_the_bots_nick_is_its_configurations(alice, host):
    async with alice(bot=True) as here:
        here.peer.say(":s.x 900 alice alice!a@h alice :You are now logged in as alice")
        await here.settled()
        assert host.renewals == 0


async def test_who_is_not_connected_comes_back_with_the_new_name(adapter_on, host):
    adapter = adapter_on(6667)
    await adapter.rename(login(adapter.automatic_login(person("Alice"))), person("Alicia"))
    assert adapter._identities.nick(host.renewed[ME]) == "Alicia"
    changed = adapter_on(6667, puppet_nick="{name}|m")  # by the operator, before the next start
    assert changed._identities.nick(host.renewed[ME]) == "Alicia|m"


@pytest.mark.parametrize("name", ["Alicia", "Alice"])
async def test_a_nick_that_was_made_before_names_were_kept_follows(adapter_on, host, name):
    adapter = adapter_on(6667)
    before = {"nick": "Alice", "username": "alice", "realname": "Alice"}
    await adapter.rename(login(before), person(name))
    assert adapter._identities.nick(host.renewed[ME]) == name
    changed = adapter_on(6667, puppet_nick="{name}|m")
    assert changed._identities.nick(host.renewed[ME]) == f"{name}|m"


@pytest.mark.parametrize(
    ("credentials", "settings"),
    [
        ({"account": "alice", "secret": "x"}, {}),
        ({"nick": "ally", "name": "Alice", "localpart": "alice"}, {}),
        ({"nick": "ally", "username": "alice", "realname": "Alice"}, {}),
        ({"name": "Alice", "localpart": "alice"}, {"people": {"follow": False}}),
    ],
    ids=["an account", "a nick of their choice", "one of long ago", "as the operator wants it"],
)
async def test_what_is_not_made_of_a_name_follows_none(adapter_on, host, credentials, settings):
    adapter = adapter_on(6667, **settings)
    await adapter.rename(login(credentials), person("Alicia"))
    assert host.renewed == {}


async def test_a_name_of_which_nothing_makes_a_nick_changes_none(adapter_on, host):
    adapter = adapter_on(6667)
    before = login(adapter.automatic_login(Person(ME, "Alice", "ケ")))
    await adapter.rename(before, Person(ME, "ケ", "ケ"))
    assert host.renewed == {}
