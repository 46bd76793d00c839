"""Mentions and edits on Telegram, as the core is given them."""

from bridgekit import plain
from bridges.telegram.salvage import UNREADABLE

GROUP, CHANNEL = -1001, -1_000_000_003_003


async def test_usernames_of_people_who_were_seen_are_mentions(place):
    place.people.say("Carol", GROUP, "hello")
    await place.heard(1)
    mention = [{"type": "mention", "offset": 0, "length": 6}]
    event = await place.hears_one(lambda: place.people.say("B", GROUP, "@carol", entities=mention))
    assert event.content.text[0].user == str(place.state.user("Carol")["id"])


async def test_whom_people_mentioned_is_known_after_a_restart(fake, host, at_work):
    async with at_work(fake, host) as place:
        place.people.say("Carol", GROUP, "hello")
        await place.heard()
    mention = [{"type": "mention", "offset": 0, "length": 6}]
    async with at_work(fake, host) as place:
        event = await place.hears_one(
            lambda: place.people.say("B", GROUP, "@carol", entities=mention)
        )
    assert event.content.text[0].user == str(fake.state.user("Carol")["id"])


async def test_an_edit_says_the_whole_message_and_sorts_after_the_one_before(place):
    def change():
        number = place.people.say("Bob", GROUP, "one")
        place.people.edit("Bob", GROUP, number, text="two")
        place.people.edit("Bob", GROUP, number, text="three")

    said, first, second = await place.hears(change)
    assert first.content.target == said.id
    assert plain(second.content.message.text) == "three"
    assert second.content.stamp > first.content.stamp
    assert not first.content.replaces_media


async def test_an_edited_caption_comes_with_its_file(place):
    def change():
        number = place.people.send_file("Bob", GROUP, "photo", b"x", width=1, height=1, caption="a")
        place.people.edit("Bob", GROUP, number, caption="b")

    said, edit = await place.hears(change)
    assert plain(edit.content.message.text) == "b"
    assert edit.content.message.attachments == said.content.attachments
    assert edit.content.replaces_media  # the core knows the file by its source, and keeps it


async def test_an_edited_post_of_a_channel_is_an_edit(place):
    def change():
        number = place.people.post(CHANNEL, "one")
        place.people.edit("", CHANNEL, number, text="two")

    said, edit = await place.hears(change)
    assert edit.content.target == said.id
    assert plain(edit.content.message.text) == "two"


async def test_an_edit_with_an_odd_field_shows_its_words_all_the_same(place):
    def change():
        number = place.people.say("Bob", GROUP, "one")
        place.people.edit("Bob", GROUP, number, text="two", quote={"text": None})

    said, edit = await place.hears(change)
    assert (edit.content.target, edit.sender) == (said.id, said.sender)
    assert plain(edit.content.message.text) == f"{UNREADABLE} two"
    assert len(place.host.aside) == 1


async def test_what_only_one_person_may_see_is_not_shown_by_its_edit(place):
    def change():
        number = place.people.say("Bob", GROUP, "secret", ephemeral_message_id=7)
        place.people.edit("Bob", GROUP, number, text="still secret")

    assert await place.hears(change) == []
