"""`bridgekit dev`: sessions as they are typed, and what the terminal shows of both sides."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bridgekit.cli.rehearsal import commands, lines
from tests.core.cli.conftest import Run

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.sqlite

Rehearse = Callable[..., list[str]]


@pytest.fixture
def rehearse(bridgekit: Run) -> Rehearse:
    """Have these lines typed in a rehearsal; what is printed, line by line."""

    def run(*typed: str, adapter: str = "loopback", options: tuple[str, ...] = ()) -> list[str]:
        result = bridgekit("dev", adapter, *options, typed="".join(f"{line}\n" for line in typed))
        assert result.exit_code == 0, result.output
        return result.stdout.splitlines()

    return run


def rows(printed: list[str], side: str) -> list[str]:
    """What a side shows, without the numbers."""
    found = (re.fullmatch(rf"{side} +(?:\d+ )?(.*)", line) for line in printed)
    return [one[1].lstrip() for one in found if one]


def test_both_sides_and_the_trace_are_shown(rehearse: Rehearse) -> None:
    printed = rehearse("hello", "> good day")
    assert rows(printed, "matrix") == ["alice: hello", "Bob: good day"]
    assert rows(printed, "loopback") == ["alice: hello", "bob: good day"]
    trace = "\n".join(printed)
    for words in (
        "the bridge is at work",
        "the adapter hands over: bob said 'good day' (id m1)",
        "it is stored: bob said 'good day'",
        "m.room.message to network: delivered after",
        "Message to matrix: delivered after",
    ):
        assert words in trace


def test_everything_that_people_do_goes_both_ways(rehearse: Rehearse) -> None:
    printed = rehearse(
        "apple",  # 1, and 2 on the network
        ">carol pear",  # 3, and 4 on Matrix
        "/reply 4 a plum",
        "/edit 1 apples",
        "/react 4 👍",
        "> /react 2 🎉",
        "> /edit 3 pears",
        "/file note.txt some words",
        "> /file list.txt more words",
        "/delete 1",
        "> /delete 3",
        "//slash",
    )
    here, there = rows(printed, "matrix"), rows(printed, "loopback")
    assert here == [
        *("alice: apple", "Carol: pear", "alice: (to 4) a plum", "alice: changed 1 to 'apples'"),
        *("alice: reacted 👍 to 4", "Carol: reacted 🎉 to 1", "Carol: changed 4 to 'pears'"),
        *("alice: [file note.txt]", "Carol: [file list.txt]", "alice: deleted 1"),
        *("Carol: deleted 4", "Carol: deleted 10"),  # her edit is an event of its own
        "alice: /slash",
    ]
    assert there == [
        *("alice: apple", "carol: pear", "alice: (to 3) a plum", "alice: changed 2 to 'apples'"),
        *("alice: reacted 👍 to 3", "carol: reacted 🎉 to 2", "carol: changed 3 to 'pears'"),
        *("alice: [file note.txt]", "carol: [file list.txt]", "alice: deleted 2"),
        *("carol: deleted 3", "alice: /slash"),
    ]


def test_what_goes_wrong_is_told_with_what_became_of_it(rehearse: Rehearse) -> None:
    printed = rehearse(
        *("/reject", "never", "/wait Your message was not bridged"),
        *("/delay 0.01", "later", "/lose after", "once", "/lose before", "again"),
    )
    assert rows(printed, "loopback") == ["alice: later", "alice: once", "alice: again"]
    trace = "\n".join(printed)
    assert re.search(r"m.room.message to network: failed after .*\n.*Loopback forbids that", trace)
    assert "tried at" in trace
    for words in ("reject", "delay 0.01 s", "lose after", "lose before"):
        assert f"the network is told: {words}\n" in trace
    assert "Loopback is busy" in trace
    assert "send without an answer: ConnectionError: the connection broke" in trace


def test_a_kill_and_a_restart_lose_nothing(rehearse: Rehearse) -> None:
    printed = rehearse(
        *("before", "/kill", "meanwhile", "> meanwhile, there", "/start", "/wait"),
        *("/away", "> while it was away", "/crash", "/back", "/wait while it was away", "after"),
    )
    said = ["before", "meanwhile", "meanwhile, there", "while it was away", "after"]
    for side in ("matrix", "loopback"):
        shown = [row.partition(": ")[2] for row in rows(printed, side)]
        assert sorted(shown) == sorted(said)
    trace = "\n".join(printed)
    assert re.search(
        r"the bridge is killed, while the adapter waits at keeping\.py:\d+, in run", trace
    )


@pytest.mark.parametrize("begin", ["", "> "])
def test_text_from_outside_cannot_drive_the_terminal(rehearse: Rehearse, begin: str) -> None:
    hostile = "\x1b[2J\x1b]0;owned\x07 \u202eback\u2066 \x9b31m \x00"
    printed = rehearse(
        f"{begin}{hostile}", f"{begin}/file {hostile.replace(' ', '')}.txt x", "/trace 1"
    )
    assert [line for line in printed if not line.isprintable()] == []
    assert "\\x1b[2J\\x1b]0;owned\\x07 \\u202eback" in "\n".join(printed)


def test_a_message_is_traced_by_its_number_or_its_reference(rehearse: Rehearse) -> None:
    printed = "\n".join(rehearse("hello", "/trace 1", "/trace BK-JMBX4H"))
    assert printed.count("to the network, loopback #room") == 2
    assert printed.count("result    delivered after") == 2


@pytest.mark.parametrize("options", [(), ("--fake", "bridges.irc.fake:fake_irc")])
def test_irc_is_rehearsed_with_the_fake_that_comes_with_it(
    rehearse: Rehearse, options: tuple[str, ...]
) -> None:
    printed = rehearse("hello", "> hi", "/wait hi", adapter="irc", options=options)
    assert rows(printed, "matrix") == ["alice: hello", "bob: hi"]
    assert rows(printed, "irc") == ["alice: hello", "bob: hi"]


MISTAKES = {
    "/dance": "There is no command /dance; /help lists those that there are.",
    "/edit x": "Say which message: by the number that stands before it.",
    "/edit 77 x": "There is no message 77.",
    "> /edit 99 x": "There is no message 99.",
    "/move": "Say whether the bridge hears of it: /move told, or /move untold",
    "/rename Bobby": "/rename is for people on the network",
    "/bot": "/bot is for Alice, who says something to it alone",
    "/whisper psst": "/whisper is for people on the network",
    "/edit 1": "/edit needs a number and what to edit with",
    "> /delete 1": "Message 1 stands on the other side; leave out the >.",
    "/delete 2": "Message 2 stands on the other side; begin with > to act there.",
    "/lose": "Say when the connection breaks",
    "/delay soon": "/delay needs a number of seconds",
    "/file": "/file needs a name",
    "/start": "A bridge runs already.",
    "/back": "The homeserver is there.",
    "/trace nothing": "The bridge knows nothing of that yet",
}


def test_a_mistake_is_answered_with_a_sentence(
    rehearse: Rehearse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "scripted", lambda: False)
    printed = rehearse("hello", *MISTAKES, "goes on")
    answers = [line for line in printed if line.startswith(tuple(MISTAKES.values()))]
    assert len(answers) == len(MISTAKES)
    assert rows(printed, "matrix") == ["alice: hello", "alice: goes on"]


def test_a_mistake_ends_a_script(bridgekit: Run) -> None:
    result = bridgekit("dev", "loopback", typed="hello\n/dance\nnever said\n")
    assert result.exit_code == 2
    assert "/dance: There is no command /dance" in result.stderr
    assert "never said" not in result.output


def test_a_script_cannot_begin_anew_for_its_rest_would_be_lost(
    bridgekit: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.execv", lambda *_: None)
    result = bridgekit("dev", "loopback", typed="/reload\nhello\n")
    assert result.exit_code == 2
    assert "/reload: A script cannot: what is left of it would not be read." in result.stderr


@pytest.mark.parametrize(
    ("line", "words"), [("/wait unsaid", "'unsaid' was waited for"), ("/wait", "still under way")]
)
def test_a_script_that_waits_in_vain_fails(
    bridgekit: Run, monkeypatch: pytest.MonkeyPatch, line: str, words: str
) -> None:
    monkeypatch.setattr(commands, "_PATIENCE", 0.01)
    monkeypatch.setattr("bridgekit.cli.dev._A_WHILE", 0.01)
    result = bridgekit("dev", "loopback", typed=f"/delay 300\nhello\n{line}\n")
    assert result.exit_code == 4
    assert words in result.stderr


def test_every_command_is_in_the_help(rehearse: Rehearse) -> None:
    printed = "\n".join(rehearse("/help"))
    assert [name for name in commands.COMMANDS if f"  /{name} " not in printed] == []


def test_nothing_stays_behind_unless_it_is_to_be_kept(
    rehearse: Rehearse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    rehearse("hello")
    assert not [one for one in tmp_path.iterdir() if one.name.startswith("bridgekit-")]
    printed = rehearse("hello", options=("--keep", str(tmp_path / "kept")))
    (kept,) = (tmp_path / "kept").iterdir()
    assert (kept / "bridge.db").is_file()
    assert printed[-1] == f"The database is in {kept}."


def test_lines_come_through_a_pipe_until_it_ends() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bridgekit.cli", "dev", "loopback"],
        input="hello\n> hi",  # the last line has no end
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert rows(done.stdout.splitlines(), "matrix") == ["alice: hello", "Bob: hi"]
    assert done.stderr == ""


def test_a_repetition_and_a_reaction_say_what_became_of_them(rehearse: Rehearse) -> None:
    trace = "\n".join(rehearse("> hello", "/repeat", "> /react 1 👍"))
    assert trace.count("recognised as a repetition: nothing more comes of it") == 1
    assert re.search(r"Reaction to matrix: delivered after .*; became \d+$", trace, re.MULTILINE)


def test_alice_signs_in_by_talking_to_the_bot(rehearse: Rehearse) -> None:
    printed = rehearse(
        *("/bot help", "/wait I am a bridge to: loopback", "/bot sign-in loopback"),
        *("/wait [file code.png]", "/bot cancel", "/wait It is cancelled", "hello"),
    )
    here = rows(printed, "matrix")
    assert here[0] == "alice: (in private) help"
    assert "alice: (in private) sign-in loopback" in here
    assert here[-1] == "alice: hello"
    assert rows(printed, "loopback") == ["alice: hello"], "nothing of it is for the network"


def test_people_there_move_whisper_and_have_other_names(rehearse: Rehearse) -> None:
    printed = rehearse(
        *("> hello", ">bob /rename Robert", "/move told", "> here", "/wait here"),
        *("mine", ">bob /whisper psst", "/wait (in private) psst", "/miss"),
    )
    trace = "\n".join(printed)
    for words in ("rename bob to Robert", "miss", "move told", "whisper bob to alice"):
        assert f"the network is told: {words}\n" in trace
    assert "the adapter tells that bob is called Robert\n" in trace
    assert rows(printed, "matrix")[:2] == ["Bob: hello", "Robert: here"]
