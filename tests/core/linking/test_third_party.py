"""Which chats and people of a network there are on Matrix: what the homeserver may look up."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from bridgekit.facts import UserInfo
from bridgekit.ids import RemoteUserID
from bridgekit.room.third_party import ASKED
from bridgekit.supports import SupportsContacts
from bridgekit.testing.homeserver import MatrixError
from tests.core.linking.conftest import ALIAS, CREATE


async def asked(rig, path, **query):
    return await rig.hs.person("alice").request("GET", f"/thirdparty/{path}", None, query)


async def test_a_protocol_has_an_instance_for_each_network(rig):
    await rig.start()
    found = await asked(rig, "protocol/loopback")
    assert found["location_fields"] == ["network", "channel"]
    assert found["user_fields"] == ["network", "user"]
    assert set(found["field_types"]) == {"network", "channel", "user"}
    (instance,) = found["instances"]
    assert instance["network_id"] == "loop"
    assert instance["instance_id"] == "bridgekit|loop"
    assert instance["fields"] == {"network": "loop"}
    with pytest.raises(MatrixError, match="M_NOT_FOUND"):
        await asked(rig, "protocol/telepathy")


async def test_a_channel_is_found_under_its_alias_and_back_and_nothing_is_made(rig):
    rig.links = ()
    await rig.start()
    expected = {
        "alias": "#loop_#new:example.org",
        "protocol": "loopback",
        "fields": {"network": "loop", "channel": "#new"},
    }
    assert await asked(rig, "location/loopback", channel="#NEW") == [expected]
    assert await asked(rig, "location", alias="#loop_#new:example.org") == [expected]
    assert rig.hs.requests[CREATE] == 0


async def test_a_person_is_found_under_their_ghost_and_back(rig):
    await rig.start()
    expected = {
        "userid": "@loop_bob:example.org",
        "protocol": "loopback",
        "fields": {"network": "loop", "user": "bob"},
    }
    assert await asked(rig, "user/loopback", user="Bob") == [expected]
    assert await asked(rig, "user", userid="@loop_bob:example.org") == [expected]
    assert "@loop_bob:example.org" not in rig.hs.world.accounts


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("location/loopback", {}),
        ("location/loopback", {"channel": "no channel"}),
        ("location/loopback", {"channel": "#new", "network": "other"}),
        ("location/telepathy", {"channel": "#new"}),
        ("location", {"alias": "#other:example.org"}),
        ("location", {"alias": "#loop_plain:example.org"}),
        ("location", {}),
        ("user/loopback", {}),
        ("user/loopback", {"user": "#room"}),
        ("user", {"userid": "@alice:example.org"}),
        ("user", {"userid": "\0"}),
    ],
)
async def test_what_is_not_there_is_an_empty_list(rig, path, query):
    await rig.start()
    assert await asked(rig, path, **query) == []


async def test_a_look_up_tells_no_private_chat(rig):
    await rig.start()
    assert await asked(rig, "location/loopback", channel="bob") == []


class Contacts(SupportsContacts):
    """Somebody's own."""

    async def resolve(self, identifier):
        return UserInfo(id=RemoteUserID(identifier))

    async def search(self, text):
        yield UserInfo(id=RemoteUserID("4915112345"), name=f"a contact called {text}")


@pytest.mark.parametrize("listening", [True, False])
async def test_the_contacts_of_somebodys_own_login_are_searched_for_nobody(
    rig, monkeypatch, listening
):
    """On a network without spelling rules, where alice's login is connected beside the listener."""
    await rig.start()
    alice = rig.hs.person("alice")
    await alice.say(await alice.join(ALIAS), "hi")
    (network,) = rig.bridge.parts.networks
    entries = network.logins._entries.values()
    await rig.network.wait(lambda: len(rig.network.clients) > 1)
    adapter = SimpleNamespace(manifest=network.adapter.manifest)
    plain = SimpleNamespace(name=network.name, adapter=adapter, logins=network.logins)
    rooms = rig.bridge.parts.matrix.rooms
    with monkeypatch.context() as patch:
        for entry in entries:
            there = listening or not entry.login.relay
            patch.setattr(entry, "client", Contacts() if there else None)
        patch.setattr(rooms.third_party, "_networks", [plain])
        users = await rooms.third_party.users("loopback", {"user": "secret"})
        known = await rooms.queries._known_person(plain, RemoteUserID("secret"))
    assert len(users) == listening
    assert known == ("secret" if listening else None)


async def test_whoever_asks_without_end_is_told_to_wait(slow_rig):
    rig = slow_rig
    await rig.start()
    service = next(iter(rig.hs.world.appservices.values()))
    statuses = [
        (await rig.hs._outbound.look_up(service, "user/loopback", {"user": "bob"}))[0]
        for _ in range(int(ASKED["burst"]) + 3)
    ]
    assert statuses == [200] * int(ASKED["burst"]) + [429] * 3


async def test_look_ups_need_the_homeservers_token(rig):
    await rig.start()
    service = next(iter(rig.hs.world.appservices.values()))
    stranger = type(service)(**{**_fields(service), "hs_token": "another"})
    status, _ = await rig.hs._outbound.look_up(stranger, "protocol/loopback", {})
    assert status == 403


def _fields(service):
    return {name: getattr(service, name) for name in service.__dataclass_fields__}
