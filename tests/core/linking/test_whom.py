"""Of several logins of a person, which one knows whom they mean; what is said where none does."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from bridgekit.adapter import LoginState
from bridgekit.clock import SystemClock
from bridgekit.errors import LoginError, Rejected, RetryLater
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, LoginID, NetworkName, RemoteUserID
from bridgekit.room.whom import NotAsked, Whom
from bridgekit.supports import SupportsContacts

ACME, BETA = LoginID("slack:acme"), LoginID("slack:beta")
BOTH = (ACME, BETA)


class Client(SupportsContacts):
    """One that knows these people by name; or that fails so."""

    def __init__(self, account: str, *people: str, fails: Exception | None = None) -> None:
        self.me, self.account = RemoteUserID(account[:2]), account
        self.people, self.fails, self.asked = people, fails, []

    async def resolve(self, identifier):
        self.asked.append(identifier)
        if self.fails is not None:
            raise self.fails
        if identifier not in self.people:
            raise Rejected("There is nobody of this name.")
        return Chat(ChatID(f"{self.me}/{identifier}"), private=True)

    def search(self, text):
        raise NotImplementedError


class Logins:
    """`beta-` is how the IDs of people of the second begin."""

    def __init__(self, clients) -> None:
        self.clients, self.states = clients, {}
        self.listeners = SimpleNamespace(knows=self._knows)

    def _knows(self, login, user):
        return not user.startswith("beta-") or login == BETA

    def client_of(self, login):
        return self.clients.get(login)

    def state(self, login):
        return self.states.get(login, LoginState.ONLINE), ""


def asking(first, second):
    clients = {ACME: first, BETA: second}
    logins = Logins({login: client for login, client in clients.items() if client is not None})
    owners = SimpleNamespace(row=lambda login: SimpleNamespace(me=RemoteUserID(f"me-{login}")))
    network = SimpleNamespace(name=NetworkName("slack"), logins=logins, adapter=object())
    whom = Whom(owners, SystemClock())
    return logins, lambda user, theirs=BOTH: whom.chat(network, theirs, user)


async def test_whom_the_second_login_alone_knows_it_talks_to():
    _, ask = asking(Client("alice in Acme"), Client("al in Beta", "bob"))
    meant = await ask("bob")
    assert (meant.login, meant.chat.id, meant.note) == (BETA, "al/bob", "")


async def test_where_a_name_fits_for_two_the_first_wins_and_that_is_said():
    _, ask = asking(Client("alice in Acme", "bob"), Client("bill in Beta", "bob"))
    meant = await ask("bob")
    assert meant.login == ACME
    assert "You talk there as alice in Acme (al)." in meant.note
    assert "too: bill in Beta (bi). In a room with the bridge's bot alone, `prefer`" in meant.note
    assert (await ask("bob", (BETA, ACME))).login == BETA


async def test_an_id_is_asked_of_the_login_that_it_belongs_to_and_then_of_others():
    acme = Client("alice in Acme", "beta-bob", "beta-carol")
    _, ask = asking(acme, Client("bill in Beta", "beta-bob"))
    meant = await ask("beta-bob")
    assert (meant.login, meant.note, acme.asked) == (BETA, "", [])
    assert (await ask("beta-carol")).login == ACME


async def test_where_nobody_knows_them_each_account_is_named_that_was_asked():
    _, ask = asking(Client("alice in Acme"), Client("bill in Beta"))
    with pytest.raises(Rejected, match="None of your accounts on slack knows them") as told:
        await ask("bob")
    assert not isinstance(told.value, NotAsked)
    assert "As alice in Acme (al): There is nobody of this name." in str(told.value)
    assert "As bill in Beta (bi): There is nobody of this name." in str(told.value)


@pytest.mark.parametrize(
    "fails",
    [RetryLater("Slack asks for a pause"), LoginError("It is revoked."), RuntimeError("secret")],
)
async def test_who_could_not_be_asked_has_not_said_that_nobody_has_the_name(fails):
    _, ask = asking(Client("alice in Acme"), Client("bill in Beta", fails=fails))
    with pytest.raises(NotAsked, match="Not each of your accounts on slack") as told:
        await ask("bob")
    assert told.value.may_be_soon
    assert "None of your accounts" not in str(told.value)
    assert "secret" not in str(told.value)


async def test_a_login_that_is_away_is_said_and_one_that_is_refused_is_not_waited_for():
    logins, ask = asking(Client("alice in Acme"), None)
    with pytest.raises(NotAsked, match="me-slack:beta: Your login on slack is not conn") as told:
        await ask("bob")
    assert told.value.may_be_soon
    logins.states[BETA] = LoginState.REFUSED
    with pytest.raises(NotAsked) as told:
        await ask("bob")
    assert not told.value.may_be_soon


async def test_whom_the_second_knows_while_the_first_could_not_be_asked_is_talked_to_and_said():
    _, ask = asking(None, Client("bill in Beta", "bob"))
    meant = await ask("bob")
    assert meant.login == BETA
    assert meant.note.endswith("Before that could not be asked: me-slack:acme.")


async def test_of_one_login_alone_its_own_words_are_said():
    _, ask = asking(Client("alice in Acme", fails=RetryLater("A pause")), None)
    with pytest.raises(RetryLater, match="A pause"):
        await ask("bob", (ACME,))
    with pytest.raises(NotAsked, match="is not connected now"):
        await ask("bob", (BETA,))


async def test_a_login_that_hangs_holds_up_no_other(monkeypatch):
    monkeypatch.setattr("bridgekit.commands.clients.PATIENCE", 0.0)
    hanging = Client("alice in Acme")

    async def never(_):
        await asyncio.get_running_loop().create_future()

    hanging.resolve = never
    _, ask = asking(hanging, Client("bill in Beta", "bob"))
    meant = await ask("bob")
    assert meant.login == BETA
    assert "alice in Acme (al)" in meant.note
