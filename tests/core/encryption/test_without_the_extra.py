"""Encrypted rooms are an extra: without its library a bridge works, and says what to install."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bridgekit.configuration.encryption_settings import EncryptionSettings

BRIDGE = "import sys; sys.modules['vodozemac'] = None; import bridgekit.bridge, bridgekit.cli.app"


def test_a_bridge_that_encrypts_nothing_needs_no_library() -> None:
    subprocess.run([sys.executable, "-c", BRIDGE], check=True)


@pytest.mark.parametrize("mode", ["allow", "default", "require"])
def test_any_mode_but_off_says_what_to_install(monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    name = "bridgekit.configuration.encryption_settings.find_spec"
    monkeypatch.setattr(name, lambda _: None)
    assert EncryptionSettings().mode == "off"
    with pytest.raises(ValueError, match=r"pip install 'matrix-bridgekit\[e2ee\]'"):
        EncryptionSettings(mode=mode)
