"""Memory is for what is at work: neither chats, people nor logins of yesterday stay in it."""

from __future__ import annotations

import asyncio
import random

from bridgekit.adapter import Login
from bridgekit.clock import SystemClock
from bridgekit.errors import RetryLater, Scope
from bridgekit.facts import Profile
from bridgekit.gates import MANY as MANY_GATES
from bridgekit.gates import Gates
from bridgekit.ids import ChatID, LoginID, NetworkName, PortalKey, RemoteUserID, UserID
from bridgekit.login.identities import LINGERS, Identities
from bridgekit.login.logins import FORGOTTEN, KNOWN, Logins, Watch
from bridgekit.room.portals import KEPT, Portals
from bridgekit.store.people import save_credentials
from bridgekit.store.store import open_store
from bridgekit.testing.clock import VirtualClock
from bridgekit.testing.rig import NETWORK, Rig
from tests.containers import containers

MANY, FEW = 60, 40


def test_a_collection_of_any_depth_is_found() -> None:
    class Inner:
        __slots__ = ("many",)

        def __init__(self) -> None:
            self.many = list(range(7))

    Inner.__module__ = "bridgekit.pretended"
    assert ("[].many", 7) in set(containers([Inner()]))


async def test_chats_people_and_messages_of_before_are_not_kept(tmp_path, database) -> None:
    async with Rig(tmp_path, database=database) as rig:
        rig.links = ()
        for number in range(MANY):
            rig.link(f"#room{number}")
        await rig.start()
        alice = rig.hs.person("alice")
        for number in range(MANY):
            room = await alice.join(f"#loop_#room{number}:example.org")
            await alice.say(room, f"to {number}")
            await rig.network.say(f"#room{number}", f"ghost{number}", "hi", id=f"m{number}")
            await alice.wait_for(room, lambda event: event["content"].get("body") == "hi")
        await rig.network.wait(lambda: len(rig.network.texts()) == MANY)
        parts = rig.bridge.parts
        async with asyncio.timeout(60):
            while parts.queue.waiting:  # noqa: ASYNC110 (a count of the queue's own, which tells nobody)
                await asyncio.sleep(0)
        large = [found for found in containers(parts) if found[1] >= FEW]
        # What it is configured to be in, which is as long as its configuration, and all commands.
        allowed = ("links", "entered", "transcript", "table._commands")
        assert [found for found in large if not found[0].endswith(allowed)] == []


def idle_logins(clock: VirtualClock, count: int) -> Logins:
    watch = Watch(*[lambda *_: None] * 4)  # type: ignore[arg-type]  # nothing connects
    logins = Logins(NetworkName("net"), object(), watch, clock, random.Random(1))  # type: ignore[arg-type]
    logins.add(Login(LoginID("relay"), "relay", {}, relay=True, exclusive=True), connect=False)
    for number in range(count):
        login = Login(LoginID(f"l{number}"), "x", {}, relay=False, exclusive=True)
        logins.add(login, connect=False)
    return logins


async def test_logins_that_nobody_uses_any_more_are_forgotten_but_for_the_relay() -> None:
    clock = VirtualClock()
    logins = idle_logins(clock, 10_000)
    await clock.advance(FORGOTTEN)
    assert not logins.forget_idle(), "they were used lately"
    await clock.advance(FORGOTTEN)
    logins.touch(LoginID("l7"))
    assert len(logins.forget_idle()) == 9_999
    assert logins.all() == [logins._entries[LoginID(one)].login for one in ("relay", "l7")]
    assert logins.listeners.of("#room") == "relay"


async def test_a_few_idle_logins_are_kept() -> None:
    clock = VirtualClock()
    logins = idle_logins(clock, KNOWN - 1)
    await clock.advance(2 * FORGOTTEN)
    assert not logins.forget_idle()


async def test_who_speaks_again_has_the_login_of_before(tmp_path, database, monkeypatch) -> None:
    """With the credentials that are stored, which the network may have changed since."""
    monkeypatch.setattr("bridgekit.login.logins.KNOWN", 0)
    clock = VirtualClock()
    async with Rig(tmp_path, clock, database=database) as rig:
        await rig.start()
        owners, (network,) = rig.bridge.parts.owners, rig.bridge.parts.networks
        alice = UserID("@alice:example.org")
        monkeypatch.setattr(network.adapter, "automatic_login", lambda _: {"key": "new"})
        login = await owners.own_login(network, alice, Profile("Alice"))
        assert login is not None
        await rig.bridge.parts.store.writer.write(
            save_credentials(login, owners._credentials.seal(login, {"key": "changed"}))
        )
        await clock.advance(3 * FORGOTTEN)
        await owners.own_login(network, UserID("@bob:example.org"), Profile("Bob"))
        assert not network.logins.known(login)
        assert not owners.owned(login)
        assert await owners.owner(login) == alice, "the database knows"
        assert await owners.own_login(network, alice, Profile("Alice")) == login
        (known,) = [one for one in network.logins.all() if one.id == login]
        assert known.credentials == {"key": "changed"}


async def test_touched_portals_leave_a_bounded_number_in_memory(database) -> None:
    async with open_store(database, SystemClock()) as store:
        portals = Portals(store, lambda: 0)
        many = KEPT + 100
        keys = [PortalKey(NETWORK, ChatID(f"#c{number}"), None) for number in range(many)]
        for begin in range(0, many, 500):
            await asyncio.gather(*(portals.ensure(key) for key in keys[begin : begin + 500]))
        assert len(portals._by_key._items) == len(portals._by_id._items) == KEPT
        assert [found for found in containers(portals) if found[1] > FEW] == []


async def test_identities_and_gates_of_before_are_dropped() -> None:
    clock = VirtualClock()
    identities, gates = Identities(clock), Gates(clock)
    for number in range(2 * MANY_GATES):
        login = LoginID(f"l{number}")
        identities.is_now(login, RemoteUserID(f"u{number}"))
        identities.ended(login, {ChatID("#room")})
        gates.close(RetryLater("later", 1.0, Scope.LOGIN), NETWORK, login, "Saying")
        await clock.sleep(0)
        clock._elapsed += LINGERS / 10
    assert len(identities._last) <= 11
    assert len(gates._until) <= MANY_GATES + 1
