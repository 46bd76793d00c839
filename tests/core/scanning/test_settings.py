"""The settings of the content scan, and the words by which they are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from bridgekit.configuration.listening import TCPAddress, UnixAddress
from bridgekit.configuration.scan_settings import ScanSettings


def test_without_a_program_nothing_looks() -> None:
    assert not ScanSettings().on
    assert ScanSettings(clamd="127.0.0.1:3310").on
    assert ScanSettings(command=("clamdscan", "-")).on


def test_clamd_is_named_by_its_socket() -> None:
    path = "/run/clamav/clamd.ctl"
    assert ScanSettings(clamd=f"unix:{path}").clamd == UnixAddress(Path(path))
    assert ScanSettings(clamd="[::1]:3310").clamd == TCPAddress("::1", 3310)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"clamd": "/run/clamd.ctl"}, "write unix:/run/clamav/clamd.ctl or 127.0.0.1:3310"),
        ({"clamd": 3310}, "write unix:/run/clamav/clamd.ctl or 127.0.0.1:3310"),
        ({"command": "clamdscan -"}, "tuple"),
        ({"clamd": "127.0.0.1:3310", "command": ["clamdscan", "-"]}, "both clamd and command"),
        ({"when_down": "drop"}, "hold"),
        ({"timeout": "soon"}, "length of time"),
    ],
)
def test_what_makes_no_sense_is_refused(settings: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        ScanSettings.model_validate(settings)
