"""What became of our messages over there, as their senders see it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from bridgekit.events import Delivery, DeliveryState, RemoteEvent
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, JobID, MessageID, RemoteUserID
from bridgekit.incoming import identity
from bridgekit.lanes.journey import Done, Journey
from bridgekit.lanes.moot import Moot
from bridgekit.lanes.parking import PATIENCE, Park
from bridgekit.models import Job, Portal, Result, lane_to_matrix
from bridgekit.reasons import Reason
from bridgekit.signing import Signer
from bridgekit.store.jobs import Jobs
from bridgekit.store.relations import Relations
from bridgekit.testing.rig import NETWORK
from bridgekit.to_matrix.delivery import STATUS, Deliveries
from bridgekit.to_matrix.targets import Targets

DELIVERED, READ, FAILED = DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.FAILED


@dataclass
class Reports:
    scene: Any
    portal: Portal
    age: float = 0.0

    async def come(
        self, target: str, state: DeliveryState, reason: str | None = None, job: int = 10**6
    ) -> Done:
        """The network says this of a message, as bob."""
        parts, clock = self.scene.rig.bridge.parts, self.scene.rig.clock
        targets = Targets(
            parts.portals, Relations(parts.store.reader), Jobs(parts.store.reader), parts.queue
        )
        signer = Signer(self.scene.rig.config.appservice.signing_key, parts.store.instance)
        deliveries = Deliveries(targets, parts.owners, parts.intents, parts.status, signer)
        delivery = Delivery(MessageID(target), state, reason)
        event = RemoteEvent(Chat(self.portal.key.chat), RemoteUserID("bob"), delivery)
        at = int((clock.now().timestamp() - self.age) * 1000)
        lane = lane_to_matrix(self.portal.id)
        row = Job(JobID(job), lane, f"report {job}", "Delivery", target, at, None)
        network = parts.networks.get(NETWORK)
        return await deliveries.bridge(Journey(row, clock), self.portal, network, event, delivery)

    async def events(self, kind: str) -> list[dict[str, Any]]:
        found = await self.scene.alice.events(self.scene.room)
        return [event for event in found if event["type"] == kind]

    async def notices(self) -> list[dict[str, Any]]:
        found = await self.events("m.room.message")
        return [one["content"] for one in found if one["content"]["msgtype"] == "m.notice"]


@pytest.fixture
async def shared(scene) -> Reports:
    """In a room of many, where bob is and alice has spoken."""
    await scene.start()
    await scene.alice_has_a_login()
    await scene.bob_says("hi", "m1")
    (portal,) = await scene.rig.bridge.parts.portals.in_room(scene.room)
    return Reports(scene, portal)


@pytest.fixture
async def private(scene) -> Reports:
    """In alice's chat with bob, where she has said "psst"."""
    await scene.start()
    await scene.alice_has_a_login()
    parts = scene.rig.bridge.parts
    logins = {client.me: login for login, client in scene.network.clients.items()}
    await scene.network.say("bob", "bob", "psst?", id="m1", to=logins["alice"])
    await scene.until(lambda: len(scene.rig.hs.requests) and _invited(scene))
    scene.room = await scene.alice.join(_invited(scene))
    await scene.says(scene.alice, "psst")
    (portal,) = await parts.portals.in_room(scene.room)
    return Reports(scene, portal)


def _invited(scene) -> str | None:
    """The room that alice was asked into last."""
    events = [event for each in scene.rig.hs.delivered() for event in each.events]
    rooms = [
        event["room_id"]
        for event in events
        if event.get("state_key") == scene.alice.user_id
        and event["content"].get("membership") == "invite"
    ]
    return rooms[-1] if rooms else None


async def test_a_failure_is_said_to_whoever_sent_it(shared):
    done = await shared.come("sent-0", FAILED, "The number does not exist.")
    assert done.result is Result.DELIVERED
    (notice,) = await shared.notices()
    assert "was not delivered" in notice["body"]
    assert "The number does not exist." in notice["body"]
    assert notice["m.mentions"] == {"user_ids": [shared.scene.alice.user_id]}
    assert notice["m.relates_to"]["m.in_reply_to"]["event_id"] == done.targets[0]


async def test_a_failure_that_is_reported_again_after_a_crash_is_said_once(shared):
    for _ in range(2):
        await shared.come("sent-0", FAILED)
    assert len(await shared.notices()) == 1


async def test_what_was_read_is_shown_by_the_readers_ghost(shared):
    done = await shared.come("sent-0", READ)
    await shared.scene.settled()
    assert shared.scene.ghosts_read()[-1] == ("@loop_bob:example.org", done.targets[0])
    assert await shared.events(STATUS) == []


async def test_in_a_room_of_many_a_delivery_is_not_shown(shared):
    done = await shared.come("sent-0", DELIVERED)
    assert done.reason is Reason.NO_CHANGE
    assert await shared.events(STATUS) == []


async def test_in_a_private_chat_clients_see_how_far_a_message_came(private):
    for state in (DELIVERED, DELIVERED, READ):
        await private.come("sent-1", state)
    statuses = [event["content"] for event in await private.events(STATUS)]
    assert [one["status"] for one in statuses] == ["SUCCESS", "SUCCESS"]  # one for each state
    assert {one["m.relates_to"]["rel_type"] for one in statuses} == {"m.reference"}
    assert statuses[0]["delivered_to_users"] == ["@loop_bob:example.org"]


async def test_in_a_private_chat_a_failure_is_a_status_and_a_notice(private):
    await private.come("sent-1", FAILED, "Out of reach.")
    (status,) = [event["content"] for event in await private.events(STATUS)]
    assert (status["status"], status["message"]) == ("FAIL_PERMANENT", "Out of reach.")
    assert len(await private.notices()) == 1


async def test_a_report_of_the_networks_own_message_is_nobodys_here(shared):
    done = await shared.come("m1", FAILED)
    assert done.reason is Reason.NO_CHANGE
    assert await shared.notices() == []


async def test_rule_20_a_report_of_an_unknown_message_waits_for_it_and_not_for_ever(shared):
    with pytest.raises(Park):
        await shared.come("never", DELIVERED)
    shared.age = PATIENCE + 1
    with pytest.raises(Moot):
        await shared.come("never", DELIVERED)


def test_rule_18_a_report_is_known_by_what_it_says_of_whom():
    first = RemoteEvent(
        Chat(ChatID("c")), RemoteUserID("bob"), Delivery(MessageID("m"), DELIVERED), key="1"
    )
    others = [
        replace(first, sender=RemoteUserID("carol")),
        replace(first, content=Delivery(MessageID("m"), READ)),
        replace(first, content=Delivery(MessageID("n"), DELIVERED)),
    ]
    assert identity(replace(first, key="2")) == identity(first)
    assert len({identity(one) for one in (first, *others)}) == 4
