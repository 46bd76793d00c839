"""What the commands of the frame itself answer."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import pytest
from structlog.testing import capture_logs

from bridgekit.clock import SystemClock
from bridgekit.commands.clients import Clients
from bridgekit.commands.verbs.of_adapters import of_adapter
from bridgekit.errors import Rejected, RetryLater
from bridgekit.facts import Chat, ChatInfo, UserInfo
from bridgekit.ids import ChatID, NetworkName, RemoteUserID
from bridgekit.permissions.permissions import DENY, Rule
from bridgekit.permissions.rights import Level, Right
from bridgekit.supports import Command, SupportsCommands, SupportsContacts
from bridgekit.testing.rig import NETWORK
from tests.core.commands.conftest import alone


async def test_somebody_learns_who_they_are_and_what_they_may(rig, tell):
    rig.permissions = {"*": Level.USER}
    await rig.start()
    alice, room = await alone(rig)
    assert await tell(alice, room, "whoami") == (
        'You are @alice:example.org; your level is user (permissions["*"]). '
        "You may: speak, sign_in, link, create."
    )


async def test_who_may_something_on_one_network_only_is_shown_that(rig, tell):
    rig.permissions = {"*": Rule(Level.BLOCK, networks={NETWORK: Rule(Level.USER)})}
    await rig.start()
    alice, room = await alone(rig)
    assert await tell(alice, room, "whoami") == (
        'You are @alice:example.org; your level is block (permissions["*"]). '
        "You may: nothing. On loop: speak, sign_in, link, create."
    )
    listed = await tell(alice, room, "help")
    for name in ("start NETWORK", "puppet-token TOKEN", "sign-in NETWORK"):
        assert f"\n{name}" in listed
    assert "\nbrake" not in listed
    said = await tell(alice, room, "puppet-token nonsense")
    assert "That access token is" in said


async def test_networks_are_listed_with_whether_they_are_connected(rig, tell):
    await rig.start()
    alice, room = await alone(rig)
    assert await tell(alice, room, "networks") == "loop (Loopback): connected"


class Finding(SupportsContacts):
    """An account that finds these people, and the bridge's own; or that fails so."""

    def __init__(self, account: str, many: int = 0, fails: Exception | None = None) -> None:
        self.me, self.account, self.many, self.fails = account[:2], account, many, fails

    async def resolve(self, identifier: str) -> Chat:
        raise AssertionError(identifier)

    async def search(self, text: str):
        if self.fails is not None:
            raise self.fails
        yield UserInfo(RemoteUserID("app"), "bridge")
        for number in range(self.many):
            yield UserInfo(RemoteUserID(f"{text}{number}"), f"Bob {number}")


@pytest.fixture
def searched(rig, monkeypatch):
    """Who is asked from then on: what logins of hers there are, and the bridge's own."""

    def searched(*theirs, own=()):
        (network,) = rig.bridge.parts.networks
        clients = {f"loop:{number}": one for number, one in enumerate(theirs)}
        monkeypatch.setattr(Clients, "theirs", lambda *_: tuple(clients))
        monkeypatch.setattr(network.logins, "client_of", clients.get)
        monkeypatch.setattr(network.logins.listeners, "clients", lambda: list(own))

    return searched


class App:
    me = "app"
    account = ""


async def test_people_are_found_by_name_and_the_account_that_was_asked_is_said(rig, tell, searched):
    await rig.start()
    alice, room = await alone(rig)
    searched(Finding("alice in Acme", 80), own=[App()])
    found = (await tell(alice, room, "search loop bob b")).splitlines()
    assert found[:3] == ["As alice in Acme (al):", "bob b0 Bob 0", "bob b1 Bob 1"]
    assert len(found) == 51
    assert "\n0 Bob 0\n" in await tell(alice, room, "search loop"), "all contacts"
    searched(own=[App()])
    assert await tell(alice, room, "search loop x") == "loop cannot be searched for people."
    searched(own=[Finding("desk", 1)])
    assert await tell(alice, room, "search loop x") == "As desk (de):\napp bridge\nx0 Bob 0"


async def test_each_login_of_a_person_is_asked_for_people_and_the_app_is_none_of_them(
    rig, tell, searched
):
    await rig.start()
    alice, room = await alone(rig)
    fails = Finding("carl in Gamma", fails=RuntimeError("secret"))
    searched(Finding("alice in Acme", 1), Finding("bill in Beta"), fails, None, own=[App()])
    assert await tell(alice, room, "search loop x") == (
        "As alice in Acme (al):\nx0 Bob 0\n"
        "As bill in Beta (bi):\nNobody on loop is called so.\n"
        "As carl in Gamma (ca): loop failed over it."
    )
    searched(Finding("alice in Acme", fails=Rejected("It is closed.")), own=[App()])
    assert await tell(alice, room, "search loop x") == "It is closed."
    searched(*(Finding(who, fails=Rejected("It is closed.")) for who in ("al", "bill")))
    assert await tell(alice, room, "search loop x") == "It is closed."
    searched(None, own=[App()])
    assert await tell(alice, room, "search loop x") == "loop is not connected now; try again later"


async def test_somebody_is_resolved_by_what_they_go_by(rig, tell, monkeypatch):
    await rig.start()
    alice, room = await alone(rig)

    class Knowing(SupportsContacts):
        async def resolve(self, identifier: str) -> Chat:
            if identifier == "nobody":
                raise Rejected("Nobody is called so.")
            return Chat(ChatID(identifier), private=identifier in {"bob", "D7"})

        async def chat_info(self, chat: ChatID) -> ChatInfo:
            return ChatInfo(other=RemoteUserID("carl") if chat == "D7" else None)

        def search(self, text: str):
            raise AssertionError(text)

    monkeypatch.setattr(Clients, "of", lambda *_: Knowing())
    found = await tell(alice, room, "resolve loop bob")
    assert found == "bob: @loop_bob:example.org on Matrix. start opens the chat."
    found = await tell(alice, room, "resolve loop D7")
    assert found == "carl: @loop_carl:example.org on Matrix. start opens the chat."
    assert await tell(alice, room, "resolve loop all") == "all. start opens the chat."
    assert await tell(alice, room, "resolve loop nobody") == "Nobody is called so."


async def test_chats_are_listed_to_those_whose_they_are(rig, tell):
    rig.permissions["@carol:example.org"] = Level.ADMIN
    await rig.start()
    alice, own = await alone(rig)
    direct = await alice.create_room(invite=["@loop_bob:example.org"], direct=True)
    await alice.wait_for(direct, lambda event: event.get("state_key") == "@loop_bob:example.org")
    await alice.say(direct, "hello")
    await rig.network.wait(lambda: "hello" in rig.network.texts("bob"))
    assert await tell(alice, own, "chats") == f"loop: bob in {direct}"
    bridged = await alice.join("#loop_#room:example.org")
    assert await tell(alice, bridged, "!bridge here") == f"loop: #room in {bridged}"
    for name in ("chats", "audit", "tokens", "search loop"):
        said = await tell(alice, bridged, f"!bridge {name}")
        assert said == "Others would read it here: say it in a room with nobody but me."
    carol, hers = await alone(rig, "carol")
    every = (await tell(carol, hers, "chats")).splitlines()
    assert sorted(every) == sorted([f"loop: bob in {direct}", f"loop: #room in {bridged}"])
    assert len((await tell(carol, hers, "chats 1")).splitlines()) == 1
    bob, his = await alone(rig, "bob")
    assert await tell(bob, his, "chats") == "None of your direct chats has a room."


async def test_a_network_that_there_is_not_is_said_to_be_none(rig, tell):
    await rig.start()
    alice, room = await alone(rig)
    assert await tell(alice, room, "search lop x") == "There is no such network; there are: loop."


async def test_a_rule_about_no_command_is_said_at_the_start(rig):
    rig.permissions = {"*": Rule(Level.USER, commands={"lnik": DENY, "link": DENY})}
    with capture_logs() as logs:
        await rig.start()
    found = [line["rule"] for line in logs if line["event"] == "a rule decides nothing"]
    assert found == ['permissions["*"].commands.lnik']


class Teller(SupportsCommands):
    """A client whose network has commands of its own."""

    commands: ClassVar = (Command("nick", "Be called otherwise.", "NICK"), Command("who", "List."))

    def __init__(self) -> None:
        self.ran: list[object] = []

    async def command(self, name, arguments, chat) -> str:
        self.ran.append((name, tuple(arguments), chat))
        if not arguments and name == "nick":
            raise Rejected("Say which.")
        return f"{name} it is"


class Adapter:
    """What of an adapter is looked at."""

    def connect(self, login: object) -> Teller: ...


async def test_commands_of_an_adapter_are_in_the_table(rig, tell, monkeypatch):
    await rig.start()
    client = Teller()
    monkeypatch.setattr(Clients, "of", lambda *_: client)
    monkeypatch.setattr("bridgekit.commands.verbs.of_adapters.yielded", lambda _: [Teller, None])
    giving, clients = rig.bridge.parts.commands.giving, Clients(None, None)
    giving.table._commands |= {
        one.name: one for one in of_adapter(NetworkName("loop"), Adapter, clients, rig.clock)
    }
    alice, room = await alone(rig)
    assert "loop-nick NICK: Be called otherwise.\nloop-who: List." in await tell(
        alice, room, "help"
    )
    assert await tell(alice, room, "loop-nick bob b") == "nick it is"
    assert await tell(alice, room, "loop-nick") == "Say which."
    bridged = await alice.join("#loop_#room:example.org")
    assert await tell(alice, bridged, "!bridge who") == "who it is"
    assert (await tell(alice, bridged, "!bridge help who")).startswith("loop-who: List.")
    here = Chat(ChatID("#room"))
    assert client.ran == [("nick", ("bob", "b"), None), ("nick", (), None), ("who", (), here)]


async def test_while_nobody_is_connected_people_are_told_to_come_back(rig):
    await rig.start()
    parts = rig.bridge.parts
    clients = Clients(parts.networks, parts.owners)
    for network in parts.networks:
        for login in network.logins.all():
            network.logins._entries[login.id].client = None
    with pytest.raises(RetryLater, match="loop is not connected now"):
        clients.of("@alice:example.org", NetworkName("loop"))


async def test_the_audit_log_does_not_say_what_stood_behind_a_private_command(
    rig, tell, monkeypatch
):
    class Private(Teller):
        commands: ClassVar = (Command("msg", "Say it.", private=True), Command("nick", "A name."))

    await rig.start()
    client = Private()
    monkeypatch.setattr(Clients, "of", lambda *_: client)
    monkeypatch.setattr("bridgekit.commands.verbs.of_adapters.yielded", lambda _: [Private])
    table = rig.bridge.parts.commands.giving.table
    for one in of_adapter(NetworkName("loop"), Adapter, Clients(None, None), rig.clock):
        table._commands[one.name] = one
    alice, room = await alone(rig)
    await tell(alice, room, "loop-msg NickServ identify hunter2")
    await tell(alice, room, "loop-nick bob")
    nick, msg, *_ = (await tell(alice, room, "audit")).splitlines()
    assert msg.endswith(" loop-msg words=… in " + room + ": done")
    assert nick.endswith(" loop-nick words=bob in " + room + ": done")
    assert client.ran[0] == ("msg", ("NickServ", "identify", "hunter2"), None)


def test_a_command_of_an_adapter_may_be_for_admins_alone(monkeypatch):
    class Risky(Teller):
        commands: ClassVar = (Command("raw", "Anything.", admins=True), Command("nick", "A name."))

    monkeypatch.setattr("bridgekit.commands.verbs.of_adapters.yielded", lambda _: [Risky])
    made = of_adapter(NetworkName("loop"), Adapter, Clients(None, None), SystemClock())
    assert {one.name: one.right for one in made} == {
        "loop-raw": Right.ADMIN,
        "loop-nick": Right.CREATE,
    }


async def test_a_network_that_does_not_answer_a_command_holds_nobody_up(rig, tell, monkeypatch):
    class Silent(Teller):
        async def command(self, *_: object) -> str:
            return await asyncio.get_running_loop().create_future()

    await rig.start()
    monkeypatch.setattr(Clients, "of", lambda *_: Silent())
    monkeypatch.setattr("bridgekit.commands.verbs.of_adapters.yielded", lambda _: [Silent])
    monkeypatch.setattr("bridgekit.commands.verbs.of_adapters.PATIENCE", 0.0)
    table = rig.bridge.parts.commands.giving.table
    for one in of_adapter(NetworkName("loop"), Adapter, Clients(None, None), rig.clock):
        table._commands[one.name] = one
    alice, room = await alone(rig)
    said = await tell(alice, room, "loop-who")
    assert said.startswith("loop does not answer, so it may be done or not")
