"""People of two independent clients and one of IRC talk through an encrypted room: Synapse and
ngIRCd are real ones. What IRC has no way for is a line there, and a picture a link.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession

from bridgekit.testing.servers import Ngircd
from tests.core.media.samples import picture
from tests.core.until import until
from tests.integration.missing import or_skip
from tests.integration.nio_client import ENCRYPTED
from tests.integration.secret_irc import Scene, secret_channel, secret_irc
from tests.integration.synapse_rig import SynapseRig
from tests.integration.talkers import Talker

pytestmark = [
    pytest.mark.synapse,
    pytest.mark.ngircd,
    pytest.mark.asyncio(loop_scope="module"),
]

PNG = picture("PNG", (90, 50))
UNREAD = "cannot read this message yet"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(
    tmp_path_factory: pytest.TempPathFactory, ngircd: Ngircd
) -> AsyncIterator[SynapseRig]:
    with or_skip(secret_irc(tmp_path_factory.mktemp("secret"), ngircd)) as rig:
        await rig.start()
        try:
            yield rig
        finally:
            await rig.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def scene(rig: SynapseRig, ngircd: Ngircd, tmp_path: Path) -> AsyncIterator[Scene]:
    async with secret_channel(tmp_path, rig, ngircd) as scene:
        yield scene


@pytest.mark.parametrize("client", ["nio", "js"])
async def test_a_person_of_irc_talks_with_one_of_a_client_that_encrypts(
    scene: Scene, client: str
) -> None:
    alice = scene.crowd[client]
    said = await scene.say(alice, "hello from alice")
    await scene.hears("hello from alice")
    theirs = await scene.speaks("hello from rosa")
    await _changes(scene, alice, said)
    await _answers(scene, alice, theirs)
    await alice.picture(scene.room, "mine.png", PNG)
    line = await scene.hears(lambda line: "sent an image: mine.png" in line)
    url = line.strip("\x01").split()[-1]
    async with ClientSession() as http, http.get(url) as answer:
        assert (answer.status, await answer.read()) == (200, PNG)
    scene.rosa.act(scene.channel, "looks at it")
    await alice.reads("looks at it")
    assert alice.unread() == []


async def _changes(scene: Scene, alice: Talker, said: str) -> None:
    new = {"msgtype": "m.text", "body": "changed by alice"}
    relation = {"rel_type": "m.replace", "event_id": said}
    await scene.say(alice, "* changed by alice", **{"m.new_content": new, "m.relates_to": relation})
    await scene.hears("* changed by alice")


async def _answers(scene: Scene, alice: Talker, theirs: str) -> None:
    relation = {"m.in_reply_to": {"event_id": theirs}}
    await scene.say(alice, "an answer", **{"m.relates_to": relation})
    await scene.hears(f"{scene.rosa.nick}: an answer")
    liked = {"rel_type": "m.annotation", "event_id": theirs, "key": "👍"}
    await alice.send(scene.room, "m.reaction", {"m.relates_to": liked})
    await scene.hears(lambda line: "👍" in line and "hello from rosa" in line)


@pytest.mark.parametrize(("client", "another"), [("nio", "js"), ("js", "nio")])
async def test_a_device_that_joins_later_reads_from_then_on_and_nothing_once_it_is_deleted(
    scene: Scene, client: str, another: str
) -> None:
    """Somebody who has one client signs in with the other, too."""
    alice = scene.crowd[client]
    before = await scene.speaks("before it came")
    async with scene.device_of(alice, another) as later:
        await later.cannot_read(before)
        both = await scene.speaks("to both")
        assert await later.reads("to both") == both
        await scene.say(later, "said by the later one")
        await scene.hears("said by the later one")
        await scene.delete(alice, later)
        after = await scene.speaks("to one again")
        # Whoever hands it what was said: the keys that it has open that up to its end.
        wire = [await scene.on_the_wire(event) for event in (before, both, after)]
        assert [await later.opens(event) for event in wire] == [False, True, False]
        assert [await alice.opens(event) for event in wire] == [True, True, True]
    places = [await scene.place(event) for event in (before, both, after)]
    assert places[0][0] == places[1][0], "who comes later is given the key as it is by then"
    assert places[2] == (places[2][0], 0)
    assert places[2][0] != places[0][0], "it has the old one"
    await scene.say(alice, "still heard")
    await scene.hears("still heard")
    assert [one.unread() for one in scene.crowd.values()] == [[], []]


async def test_both_ways_a_rotated_session_begins_anew_and_nothing_is_lost(scene: Scene) -> None:
    for client, alice in scene.crowd.items():
        for word in ("old one", "old two", "new one", "new two"):
            if word == "new one":
                await alice.rotate(scene.room)
            event = await scene.say(alice, f"{client} {word}")
            await scene.hears(f"{client} {word}")
            session, index = await scene.place(event)
            if index == 0:
                first = session
            assert (session, index) == (first, int(word.endswith("two"))), (client, word)
        (other,) = [one for name, one in scene.crowd.items() if name != client]
        assert await other.reads(f"{client} new two") == event
    await _of_the_bridge(scene)
    assert [one.unread() for one in scene.crowd.values()] == [[], []]


async def _of_the_bridge(scene: Scene) -> None:
    """After as many messages as the room wants."""
    wanted = {**ENCRYPTED["content"], "rotation_period_msgs": 2}
    await scene.rig.bridge.parts.intents.set_state(scene.room, "m.room.encryption", wanted)
    await scene.say(scene.crowd["nio"], "from now on")
    await scene.hears("from now on")
    places = [await scene.place(await scene.speaks(f"rosa {n}")) for n in range(5)]
    assert len(set(places)) == 5, places
    assert [index for _, index in places] == [0, 1, 0, 1, 0]
    assert len({session for session, _ in places}) == 3


@pytest.mark.parametrize(("client", "another"), [("nio", "js"), ("js", "nio")])
async def test_a_key_that_comes_late_brings_what_was_said_with_it_marked_as_late(
    scene: Scene, client: str, another: str
) -> None:
    alice, carol = scene.crowd[client], scene.crowd[another]
    await scene.say(alice, "on time")
    await scene.hears("on time")
    await alice.rotate(scene.room)
    await alice.hold()
    early = await scene.say(alice, "too early")
    notice = await alice.reads_like(UNREAD)
    await scene.say(alice, "right behind it")
    await carol.cannot_read(early)
    await scene.say(carol, "meanwhile")
    await scene.hears("meanwhile")
    await scene.speaks("I hear carol only")
    await alice.release()
    assert "(late, from 20" in await scene.hears("too early")
    await scene.hears("right behind it")
    said = [line.split("> ")[-1].split("UTC) ")[-1] for line in scene.rosa.texts(scene.channel)]
    assert said == ["on time", "meanwhile", "too early", "right behind it"]

    async def removed() -> bool:
        return not (await scene.on_the_wire(notice))["content"]

    await until(removed)
    wire = await scene.on_the_wire(early)
    await until(lambda: carol.opens(wire))  # matrix-nio shows nothing that it could not read
