"""The settings of files."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bridgekit.configuration.media_settings import MediaSettings


def test_files_have_sane_defaults() -> None:
    settings = MediaSettings()
    assert (settings.max_size, settings.link_lifetime) == (100 << 20, 30 * 86_400)
    assert settings.keep_exif is False


@pytest.mark.parametrize(
    ("field", "written", "meant"),
    [
        ("max_size", "5 MB", 5 << 20),
        ("max_size", "2gb", 2 << 30),
        ("max_size", 1000, 1000),
        ("max_size", "1000", 1000),
        ("max_size", "1.5 KB", 1536),
        ("max_size", "100 bytes", 100),
        ("link_lifetime", "1 day", 86_400),
        ("link_lifetime", "12 hours", 43_200),
        ("link_lifetime", "36h", 36 * 3600),
        ("link_lifetime", "90 s", 90),
        ("link_lifetime", 60, 60),
    ],
)
def test_sizes_and_times_are_written_as_people_write_them(
    field: str, written: Any, meant: int
) -> None:
    assert getattr(MediaSettings(**{field: written}), field) == meant


@pytest.mark.parametrize("field", ["max_size", "link_lifetime"])
@pytest.mark.parametrize(
    "written",
    ["", "much", "5 bananas", "-1 MB", "1e3 days", 0, -5, True, None, float("inf"), float("nan")],
)
def test_what_is_no_amount_is_refused_with_an_example(field: str, written: Any) -> None:
    with pytest.raises(ValidationError, match=r"write it like .* \(a bare number is \w+\)"):
        MediaSettings(**{field: written})
