"""What `make demo` says of itself."""

from __future__ import annotations

import pytest

from demo.view import View


@pytest.mark.parametrize("doubts", [set(), {"Is it <b>there</b>?"}])
def test_what_may_be_lost_is_not_among_what_both_sides_saw(
    doubts: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    View().well(", in order", doubts)
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("✓ Both sides saw every line once, in order, over a kill -9")
    assert ("but for" in first) == bool(doubts)
    assert [line.partition("“")[2] for line in rest] == [f"{one}”" for one in doubts]
