"""How a command that a sentence names is spelt where others are, too."""

from __future__ import annotations

import pytest

from bridgekit.commands.spelling import with_prefix


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("Say `here`, or `link NETWORK`.", "Say `!b here`, or `!b link NETWORK`."),
        ("`linked` is no command, nor is `!b here`", "`linked` is no command, nor is `!b here`"),
        ("here is none, `sign-in x` is for a room alone", None),
        ("`\nhere` `", None),
    ],
)
def test_the_prefix_is_put_before_commands_alone(text, spelt):
    said = with_prefix(text, "!b", {"here", "link"})
    assert said == (text if spelt is None else spelt)
