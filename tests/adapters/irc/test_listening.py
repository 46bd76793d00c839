"""Who listens where the bot may not: whatever comes and goes, each line is told once, in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.irc import abreast
from bridges.irc import listening as module
from bridges.irc.listening import Listening
from bridges.irc.wire import Line
from tests.adapters.irc.hearing import CHAT, Ear, Play
from tests.fuzz.effort import tries


@pytest.fixture(autouse=True, scope="module")
def _still():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_now", lambda: 0.0)
        yield


PEOPLE = ["p1", "p2", "p3"]
ACTS = [
    *[("say", "")] * 4,
    *[("read", who) for who in ("bot", *PEOPLE)] * 2,
    *[("join", who) for who in ("bot", *PEOPLE)],
    *[(act, who) for act in ("part", "die") for who in PEOPLE],
    *[("kick", "bot")] * 2,
]
acts = st.lists(st.sampled_from(ACTS), min_size=20, max_size=60)
begun = st.sampled_from([(), (("join", "p1"), ("join", "p2"), ("kick", "bot"))])


@tries(100)
@given(begun, acts)
def test_rule_22_whoever_listens_each_line_is_told_once_and_in_order(beginning, played):
    play = Play()
    for act, who in beginning:
        play.do(act, who)
        play.read_all()
    for act, who in played:
        play.do(act, who)
    play.read_all()
    assert play.mistakes() == ""


def test_rule_22_who_takes_over_tells_what_it_heard_beyond_what_is_stored():
    play = Play()
    play.do("join", "p1")
    play.do("join", "p2")
    play.read_all()
    play.do("kick", "bot")
    play.read_all()
    for text in ("hi", "hi", "ho"):
        play.do("say", text)
    play.do("read", "p1")
    for _ in range(3):
        play.do("read", "p2")
    assert play.told == ["0"]
    play.do("die", "p1")
    assert play.told == ["0", "1", "2"]


def test_who_takes_over_less_than_was_said_says_so(monkeypatch):
    monkeypatch.setattr(abreast, "KEPT", 2)
    play = Play()
    for act, who in (("join", "p1"), ("join", "p2"), ("kick", "bot")):
        play.do(act, who)
        play.read_all()
    play.listening.was_unheard(CHAT)
    for text in ("one", "two", "three"):
        play.do("say", text)
        play.do("read", "p2")
    play.do("die", "p1")
    assert play.texts(play.told) == ["two", "three"]
    assert play.listening.was_unheard(CHAT)


def test_who_listened_before_a_restart_tells_all_that_it_heard_before_the_bot_is_refused():
    listening = Listening(60.0, bot=True)
    listening.expect({CHAT: "p1"}, 30.0)
    former, bot, other = Ear("p1"), Ear("bot"), Ear("p2")
    listening.came(other, CHAT, again=True)
    listening.came(former, CHAT, again=True)
    lines = [Line("PRIVMSG", (CHAT, str(number)), "ann!a@h") for number in range(1000)]
    told = []
    for line in lines:
        assert listening.heard(other, CHAT, line) == []
        told += listening.heard(former, CHAT, line)
        listening.stored(former)
    assert told == lines
    assert not listening.was_unheard(CHAT)
    listening.bar(CHAT)
    assert listening.of(CHAT) == "p1"

    listening.came(bot, CHAT)
    listening.seen(former, CHAT, bot, here=True)
    assert listening.of(CHAT) is None
    assert bot.over


def test_who_listened_before_a_restart_is_waited_for_but_not_for_ever(monkeypatch):
    listening = Listening(60.0, bot=True)
    listening.expect({CHAT: "p2"}, 30.0)
    early, former, line = Ear("p1"), Ear("p2"), Line("PRIVMSG", (CHAT, "hi"), "ann!a@h")
    listening.came(early, CHAT, again=True)
    listening.bar(CHAT)
    assert listening.heard(early, CHAT, line) == []
    listening.came(former, CHAT, again=True)
    assert listening.of(CHAT) == "p2"

    listening = Listening(60.0, bot=True)
    listening.expect({CHAT: "p2"}, 30.0)
    listening.came(early, CHAT, again=True)
    listening.bar(CHAT)
    assert listening.of(CHAT) is None
    monkeypatch.setattr(module, "_now", lambda: 31.0)
    assert listening.heard(early, CHAT, line) == [line]
    assert listening.of(CHAT) == "p1"
