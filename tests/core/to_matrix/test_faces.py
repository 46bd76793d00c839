"""How people of the network look in the room: their names and pictures, kept fresh."""

from __future__ import annotations

import pytest

from tests.core.to_matrix.test_files import PICTURE, png

BOB = "@loop_bob:example.org"


@pytest.fixture
async def eye(rig, watch):
    await rig.start()
    return await watch(rig)


@pytest.fixture
def bob(rig):
    return rig.network.person("bob")


async def picture_of(eye, user=BOB):
    """The bytes of somebody's picture; None if they have none."""
    profile = await eye.alice.request("GET", f"/profile/{user}")
    uri = profile.get("avatar_url")
    return await eye.alice.download(uri) if uri else None


async def test_who_changes_name_and_picture_looks_so_at_once(eye, bob):
    await bob.say("#room", "hello", id="m1")
    await eye.sees("hello")
    await bob.rename("Bob the Builder", bob.file("face.png", PICTURE, "image/png"))
    profile = await eye.alice.request("GET", f"/profile/{BOB}")
    assert profile["displayname"] == "Bob the Builder"
    assert await picture_of(eye) == PICTURE


async def test_who_was_not_there_yet_looks_so_with_their_first_words(eye, bob):
    await bob.rename("Bob", bob.file("face.png", PICTURE, "image/png"))
    await bob.say("#room", "hello", id="m1")
    await eye.sees("hello")
    assert await picture_of(eye) == PICTURE


async def test_a_picture_that_stays_is_not_fetched_again(eye, bob, rig):
    face = bob.file("face.png", PICTURE, "image/png")
    await bob.rename("Bob", face)
    await bob.say("#room", "one", id="m1")
    await eye.sees("one")
    await rig.stop()
    await rig.start()
    del rig.network.served[face.source]
    await bob.rename("Bob", face)
    await bob.say("#room", "two", id="m2")
    await eye.sees("one", "two")
    assert await picture_of(eye) == PICTURE


async def test_another_picture_takes_its_place_and_none_takes_it_away(eye, bob):
    await bob.say("#room", "hello", id="m1")
    await eye.sees("hello")
    await bob.rename("Bob", bob.file("face.png", PICTURE, "image/png"))
    other = png(5, 5)
    await bob.rename("Bob", bob.file("face.png", other, "image/png"))
    assert await picture_of(eye) == other
    nothing = bob.file("", b"")
    await bob.rename("Bob", type(nothing)(nothing.kind, "", ""))
    assert await picture_of(eye) is None


async def test_a_picture_that_is_not_to_be_had_costs_no_message(eye, bob):
    await bob.rename("Bob", bob.file("face.png", PICTURE, "image/png", size=10**12))
    await bob.say("#room", "hello", id="m1")
    await eye.sees("hello")
    assert await picture_of(eye) is None
