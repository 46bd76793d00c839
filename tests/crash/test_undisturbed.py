"""What plays end with where nobody dies: the attack compares all others with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.testing.crash import End, nowhere
from bridgekit.testing.crash.run import Run
from tests.crash.scenarios import PLAYS, OnLoopback

ON_MATRIX = ["hello", "on its way", "told since", "new"]
ON_NETWORK = ["good day", "under way", "behind it", "said since", "new, too"]
PLAIN = [name for name, play in PLAYS.items() if "plain" in play.profiles]
DOUBTS = {"restored": 2, "unanswered": 1}
"""What these plays themselves put in doubt."""


def undisturbed(play: str, profile: str, folder: Path) -> End:
    return Run(OnLoopback(play, profile), folder, lambda *_: False, nowhere.over).end()


@pytest.mark.parametrize("play", PLAIN)
def test_nothing_is_in_doubt_where_nobody_dies_and_nothing_fails(play, tmp_path):
    assert undisturbed(play, "plain", tmp_path).doubts == DOUBTS.get(play, 0)


def test_nothing_is_plain_in_an_encrypted_room(tmp_path):
    assert undisturbed("polls", "encrypted", tmp_path).trouble == []


@pytest.mark.parametrize("profile", PLAYS["restored"].profiles)
def test_rule_27_a_bridge_on_a_copy_does_nothing_twice(profile, tmp_path):
    end = undisturbed("restored", profile, tmp_path)
    assert end.said["matrix 0"] == [f"@loop_bob: {text}" for text in ON_MATRIX]
    assert end.said["network #room"] == [f"alice: {text}" for text in ON_NETWORK]
    assert end.told == (["behind it", "under way"] if profile == "plain" else [])
    assert end.trouble == []
