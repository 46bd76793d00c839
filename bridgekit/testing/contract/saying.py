"""The contract: text arrives, on either side, once, in order and unchanged."""

from __future__ import annotations

import unicodedata

from bridgekit.adapter import Unit
from bridgekit.events import Message
from bridgekit.permissions.rights import Level
from bridgekit.richtext import from_plain
from bridgekit.testing.contract.scenario import Lacking, scenario
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.story import Broken
from bridgekit.testing.contract.wording import ASTRAL, HAN, HOSTILE, RIGHT_TO_LEFT, long_text


class Saying:
    """What is said."""

    @scenario()
    async def test_what_people_say_is_seen_in_order_each_under_their_own_name(
        self, stage: Stage
    ) -> None:
        """Texts arrive on Matrix, each person as a ghost of their own."""
        for who, text in (("bob", "one"), (stage.other, "two"), ("bob", "three")):
            await stage.said(who, text)
        await stage.seen("three")
        await stage.quiet()
        expect_said(stage, ["one", "two", "three"])
        one, two, three = [await stage.seen(text) for text in ("one", "two", "three")]
        apart = one["sender"] != two["sender"]
        if one["sender"] != three["sender"] or apart is stage.network.direct:
            raise Broken(
                f"Bob spoke as {one['sender']} and {three['sender']}, Carol as {two['sender']}: "
                "`RemoteEvent.sender` is to name each person, always by the same ID."
            )

    @scenario()
    async def test_what_is_said_on_matrix_is_heard_once_and_in_order(self, stage: Stage) -> None:
        """Texts arrive on the network, once and in order."""
        for number in range(5):
            await stage.says(f"word-{number}")
        await stage.heard("word-4")
        await stage.quiet()
        expect_heard(stage, [f"word-{number}" for number in range(5)])

    @scenario(unprepared=True)
    async def test_who_has_no_login_is_named(self, stage: Stage) -> None:
        """Who speaks through the bridge's own login is named on the network."""
        words = {"frida": "good morning", "gustav": "good evening"}
        people = {who: stage.hs.person(who) for who in words}
        for person in people.values():
            stage.rig.permissions[person.user_id] = Level.RELAY
        await stage.start()
        await stage.meet()
        if set(stage.watch.clients) <= stage.watch.people:
            raise Lacking("the bridge has no login of its own")
        for who, person in people.items():
            await person.join(stage.room)
            await person.say(stage.room, words[who])
            heard = await stage.heard(words[who])
            shown = [heard.who or "", *(text for text in stage.there.texts() if words[who] in text)]
            if who not in _visible(" ".join(shown)).casefold():
                raise Broken(
                    f"{who} said {words[who]!r} and has no login there; the network shows {shown} "
                    "without a name: where `MatrixEvent.relayed`, show `MatrixEvent.author`."
                )

    @scenario()
    async def test_what_we_said_ourselves_does_not_come_back(self, stage: Stage) -> None:
        """Our own echo is recognised."""
        await stage.says("my own words")
        await stage.heard("my own words")
        await stage.said("bob", "after it")
        await stage.seen("after it")
        await stage.quiet()
        again = [one for one in stage.here.bodies() if "my own words" in one]
        if again:
            raise Broken(
                "What Alice said came back as somebody else's: give `RemoteEvent.txn`, or the "
                "same ID that `send` returned, or the login's own ID (`Client.me`) as its sender."
            )

    @scenario()
    async def test_unusual_text_from_the_network_is_seen_unchanged(self, stage: Stage) -> None:
        """Astral, right-to-left and hostile text arrive on Matrix unchanged."""
        for text in (ASTRAL, RIGHT_TO_LEFT, HOSTILE):
            await stage.said("bob", text)
            event = await stage.seen(text)
            shown = str(event["content"].get("formatted_body", ""))
            if "<script" in shown or "<b>not bold" in shown:
                raise Broken(f"Text became HTML: {shown!r}; hand it over as `Text`.")

    @scenario()
    async def test_unusual_text_from_matrix_is_heard_unchanged(self, stage: Stage) -> None:
        """Astral, right-to-left and hostile text arrive on the network unchanged."""
        for text in (ASTRAL, RIGHT_TO_LEFT, HOSTILE):
            await stage.says(text)
            await stage.until(  # as one message or, where that is too short, as several
                lambda text=text: text in " ".join(stage.there.texts()),  # type: ignore[misc]
                f"{text!r} is heard on the network",
            )

    @scenario()
    async def test_a_text_of_several_lines_is_heard_line_by_line(self, stage: Stage) -> None:
        """Line breaks cannot be used to say something else to the network."""
        await stage.says("first line\r\nQUIT :second line\n\nthird line")
        for line in ("first line", "QUIT :second line", "third line"):
            await stage.heard(line)
        await stage.says("still here")
        await stage.heard("still here")

    @scenario()
    async def test_a_long_text_from_matrix_is_heard_to_its_last_word(self, stage: Stage) -> None:
        """Long text arrives on the network, in parts where it must."""
        await _heard_whole(stage, long_text(3 * (stage.limits.text or 3000)))

    @scenario()
    async def test_a_long_text_in_other_letters_is_heard_to_its_last_word(
        self, stage: Stage
    ) -> None:
        """Long text of letters that take several bytes arrives, too (`Limits.unit`)."""
        await _heard_whole(stage, long_text(3 * (stage.limits.text or 3000), HAN))

    @scenario()
    async def test_a_long_text_from_the_network_is_seen_whole(self, stage: Stage) -> None:
        """Long text arrives on Matrix whole."""
        limits = stage.limits
        most = limits.text or 3000
        text = long_text(most if limits.unit is Unit.BYTES else min(most, 3000))
        await stage.said("bob", text)
        await stage.seen(text)

    @scenario()
    async def test_text_without_words_holds_nothing_up(self, stage: Stage) -> None:
        """Empty text does no harm, either way."""
        for empty in ("", "   "):
            await stage.says(empty)
            await stage.does("bob", Message(from_plain(empty)))
        await stage.says("after nothing")
        await stage.heard("after nothing")
        await stage.said("bob", "after blanks")
        await stage.seen("after blanks")


async def _heard_whole(stage: Stage, text: str) -> None:
    """Alice says this, and each of its words is heard, in order."""
    await stage.says(text)
    words = text.split()
    await stage.heard(words[-1])
    together = " ".join(stage.there.texts()).split()
    lost = [word for word in words if word not in together]
    if lost:
        raise Broken(
            f"Of a long text these words are missing: {lost}. `Limits.text` counts in "
            f"`Limits.unit`, which is {stage.limits.unit.name} here."
        )
    places = [together.index(word) for word in words]
    if places != sorted(places):
        raise Broken("The parts of a long text are out of order.")


def _visible(text: str) -> str:
    """Without what is put into a name so that nobody is alerted."""
    return "".join(one for one in text if unicodedata.category(one) not in {"Cc", "Cf"})


def expect_said(stage: Stage, texts: list[str]) -> None:
    """Exactly these of the texts are seen, in this order; others do not matter."""
    found = [one for one in stage.here.bodies() if one in texts]
    if found != texts:
        raise Broken(f"On Matrix there should be {texts}, and there is {found}.")


def expect_heard(stage: Stage, texts: list[str]) -> None:
    """Exactly these of the texts are heard, in this order; others do not matter."""
    found = [text for one in stage.there.texts() for text in texts if text in one]
    if found != texts:
        raise Broken(f"The network should have heard {texts}, and has heard {found}.")
