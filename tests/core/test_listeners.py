"""Which of the bridge's own logins listens in which chat."""

from __future__ import annotations

import pytest

from bridgekit.adapter import Login
from bridgekit.adapter_supports import SupportsOwnLogins
from bridgekit.clock import SystemClock
from bridgekit.ids import ChatID, LoginID, NetworkName, PortalKey
from bridgekit.login.calls import Calls
from bridgekit.login.listeners import Listeners
from bridgekit.login.supervisor import Entry

ONE, TWO, ALICE = LoginID("net:one"), LoginID("net:two"), LoginID("net:alice")
CHATS = [ChatID("one/a"), ChatID("two/b"), ChatID("three/c")]


class Sole(SupportsOwnLogins):
    """Any of its logins sees all chats."""

    def own_logins(self):
        return {"one": {}, "two": {}}


class Divided(Sole):
    """A chat's ID says whose it is."""

    def serves(self, login, chat):
        return chat.startswith(f"{login.id.removeprefix('net:')}/")


class Barred(Sole):
    """Its own logins may not be in one of the chats; somebody's is."""

    def stand_in(self, chat):
        return ALICE if chat == CHATS[1] else None


@pytest.fixture
def listeners(request):
    clock = SystemClock()
    logins = [Login(login, None, {}, relay=True) for login in (ONE, TWO)]
    logins.append(Login(ALICE, "Alice", {}, relay=False))
    return Listeners(request.param(), {login.id: Entry(login, Calls(clock)) for login in logins})


@pytest.mark.parametrize("listeners", [Sole, object], indirect=True)
def test_the_first_listens_everywhere_unless_the_adapter_says_more(listeners):
    assert [listeners.of(chat) for chat in CHATS] == [ONE] * 3
    assert listeners.served(ONE, CHATS) is CHATS
    assert listeners.served(TWO, CHATS) == ()
    assert listeners.listens_everywhere(ONE)
    assert not listeners.listens_everywhere(TWO)


@pytest.mark.parametrize("listeners", [Divided], indirect=True)
def test_each_listens_where_the_adapter_says(listeners):
    assert [listeners.of(chat) for chat in CHATS] == [ONE, TWO, None]
    assert listeners.served(ONE, CHATS) == [CHATS[0]]
    assert listeners.served(TWO, CHATS) == [CHATS[1]]
    assert not listeners.listens_everywhere(ONE)


@pytest.mark.parametrize("listeners", [Sole, Divided], indirect=True)
def test_a_persons_login_listens_nowhere_but_in_their_own_chats(listeners):
    assert not listeners.served(ALICE, CHATS)
    assert not listeners.has(ALICE)
    key = PortalKey(NetworkName("net"), CHATS[1], ALICE)
    assert listeners.hearing(key) == ALICE


@pytest.mark.parametrize("listeners", [Barred], indirect=True)
def test_a_persons_login_stands_in_where_the_bridges_own_may_not_be_and_speaks_for_nobody(
    listeners,
):
    assert [listeners.of(chat) for chat in CHATS] == [ONE, ALICE, ONE]
    assert [listeners.own(chat) for chat in CHATS] == [ONE] * 3
    assert listeners.hearing(PortalKey(NetworkName("net"), CHATS[1])) == ALICE
    assert listeners.served(ONE, CHATS) is CHATS  # it goes on to try
