"""A whole bridge between a fake homeserver and a real InspIRCd: who signs in, and what follows."""

import asyncio

import pytest

from bridgekit.configuration.config import Network
from bridgekit.ids import NetworkName
from bridgekit.login import renaming
from bridgekit.permissions.rights import Level
from bridgekit.store.changes import latest
from bridgekit.testing.rig import Rig
from bridges.irc import IRCAdapter
from bridges.irc.config import Channel, IRCConfig, Members
from tests.core.sign_in.conftest import ALICE, alone, parts, says

pytestmark = pytest.mark.inspircd


@pytest.fixture
async def rig(tmp_path, database, inspircd):
    members = {"#early": Members(people=True), "#start": Members(there=True)}
    early = {name: Channel(members=one) for name, one in members.items()}
    settings = IRCConfig(
        host="127.0.0.1", port=inspircd.port, tls=False, nick="bridge", channels=early
    )
    network = Network(NetworkName("irc"), IRCAdapter, settings, ())
    async with Rig(tmp_path, database=database, others=[network]) as rig:
        rig.permissions = {"*": Level.RELAY, "example.org": Level.USER, ALICE: Level.ADMIN}
        await rig.start()
        yield rig


def joined_by(rule):
    return lambda event: (
        event["type"] == "m.room.join_rules" and event["content"]["join_rule"] == rule
    )


async def test_who_signs_in_speaks_with_their_account_and_has_its_commands(
    rig, inspircd, irc_person
):
    async with irc_person(inspircd.port, "allison") as owner:
        owner.say("PRIVMSG NickServ :REGISTER open-sesame allison@test.local")
        await owner.hear("registered")
    async with irc_person(inspircd.port, "ann") as ann:
        await ann.join("#whole")
        alice, room = await alone(rig)
        shared = await alice.join("#irc_#whole:example.org")
        await alice.say(shared, "without an account")
        assert (await ann.hear("without an")).startswith(":alice!alice@")
        await alice.say(room, "sign-in irc")
        for asked, answer in (
            ("The name of your account", "allison"),
            ("Its password", "open-sesame"),
            ("The nick that you want", "-"),
            ("How the network checks it", "-"),
        ):
            await alice.wait_for(room, says(asked))
            await alice.say(room, answer)
        await alice.wait_for(room, says("signed in to IRC as allison"))
        assert ":alice!" in await ann.hear(" QUIT ")
        await alice.say(shared, "with one")
        assert (await ann.hear("with one")).startswith(":allison!allison@")
        await alice.say(shared, "!bridge whois allison")
        await alice.wait_for(shared, says("signed in as allison"))
        await alice.say(shared, "!bridge nick allie")
        assert (await ann.hear(" NICK ")).endswith(" NICK :allie")
        await alice.wait_for(shared, says("You are allie on IRC now"))
        await alice.say(shared, "!bridge quit so long")
        await ann.hear("QUIT :Quit: so long", "QUIT :so long")
        await alice.say(shared, "back again")
        assert (await ann.hear("back again")).startswith(":allie!")
        ann.say("MODE #whole +k sesame")
        await alice.wait_for(shared, joined_by("invite"))
        ann.say("MODE #whole -k sesame")
        await alice.wait_for(shared, joined_by("public"))


async def test_where_the_bot_is_put_out_and_banned_somebody_from_matrix_listens(
    rig, inspircd, irc_person
):
    async with irc_person(inspircd.port, "rae") as rae:
        rae_there = "@irc_rae:example.org"
        await rae.join("#nobots")
        alice, _ = await alone(rig)
        shared = await alice.join("#irc_#nobots:example.org")
        await alice.say(shared, "here I am")
        await rae.hear("here I am")
        rae.say("MODE #nobots +b bridge!*@*", "KICK #nobots bridge :no bots")
        rae.say("PRIVMSG #nobots :who hears this?")
        await alice.wait_for(shared, says("who hears this?", by=rae_there))
        await alice.say(shared, "I do")
        await rae.hear("I do")
        rae.say("PRIVMSG #nobots :and this?", "TOPIC #nobots :people only")
        await alice.wait_for(shared, says("and this?", by=rae_there))
        await alice.wait_for(shared, lambda event: event["type"] == "m.room.topic")


async def test_whoever_joins_the_room_comes_to_the_channel_at_once_where_that_is_wanted(
    rig, inspircd, irc_person
):
    async with irc_person(inspircd.port, "edna") as edna:
        await edna.join("#early")
        alice, _ = await alone(rig)
        shared = await alice.join("#irc_#early:example.org")
        await alice.leave(shared)
        await alice.join("#irc_#early:example.org")
        while not (await edna.hear(" JOIN ")).startswith(":alice!"):
            pass


async def test_whoever_is_in_the_room_comes_when_the_bridge_starts_where_that_is_wanted(
    rig, inspircd, irc_person
):
    async with irc_person(inspircd.port, "edgar") as edgar:
        await edgar.join("#early")
        alice, _ = await alone(rig)
        await alice.join("#irc_#early:example.org")
        for _ in range(2):
            while not (await edgar.hear(" JOIN ")).startswith(":alice!"):
                pass
            await rig.stop()
            await rig.start()


async def test_whoever_is_in_the_room_may_come_at_the_start_only(rig, inspircd, irc_person):
    async with irc_person(inspircd.port, "stan") as stan:
        await stan.join("#start")
        alice, _ = await alone(rig)
        shared = await alice.join("#irc_#start:example.org")
        stan.say("PRIVMSG #start :nobody came")
        await alice.wait_for(shared, says("nobody came", by="@irc_stan:example.org"))
        await rig.stop()
        await rig.start()
        while not (heard := await stan.hear(" JOIN ")).startswith(":alice!"):
            assert heard.startswith(":bridge!")


async def test_the_first_nick_is_not_made_of_the_name_in_one_room(rig, inspircd, irc_person):
    async with irc_person(inspircd.port, "nelly") as nelly:
        await nelly.join("#first")
        alice = rig.hs.person("alice")
        shared = await alice.join("#irc_#first:example.org")
        boss = {"membership": "join", "displayname": "Boss"}
        await alice.set_state(shared, "m.room.member", boss, alice.user_id)
        await alice.say(shared, "hello")
        assert (await nelly.hear("hello")).startswith(":alice!alice@")


async def test_a_nick_follows_the_name_on_matrix(rig, inspircd, irc_person, monkeypatch):
    monkeypatch.setattr(renaming, "SETTLED", 0.01)
    async with irc_person(inspircd.port, "nora") as nora:
        await nora.join("#named")
        alice, _ = await alone(rig)
        shared = await alice.join("#irc_#named:example.org")
        await alice.say(shared, "before")
        assert (await nora.hear("before")).startswith(":alice!alice@")
        await alice.set_display_name("Alicia")
        assert (await nora.hear(" NICK ")).endswith(" NICK :Alicia")
        await alice.say(shared, "after")
        assert (await nora.hear("after")).startswith(":Alicia!alice@")
        await alice.set_display_name("Nora")  # who is somebody else
        reader = parts(rig).store.reader
        while not any("keeps its name" in one.what for one in await latest(reader, 5)):  # noqa: ASYNC110 (a database tells nobody)
            await asyncio.sleep(0.01)
        await alice.say(shared, "still")
        assert (await nora.hear("still")).startswith(":Alicia!alice@")
