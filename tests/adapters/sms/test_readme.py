"""The README claims nothing that no test shows, and a gateway is a small module."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridges.sms.gateways import OURS

HERE = Path(__file__).parent
README = Path(__file__).parents[3] / "bridges/sms/README.md"


def test_every_test_that_the_readme_names_exists() -> None:
    named = re.findall(r"`((?:real/)?test_\w+)::(\w+)`", README.read_text("utf-8"))
    assert len(named) > 60
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not (HERE / f"{file}.py").exists()
        or not re.search(rf"(def|class) {test}\b", (HERE / f"{file}.py").read_text("utf-8"))
    ]
    assert missing == []


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_gateway_is_less_than_250_lines(name: str) -> None:
    """With all files of its own. What others share is beside them, and the records of SMPP are."""
    files = [
        *(README.parent / "providers").glob(f"{name}*.py"),
        *README.parent.glob(f"{name}_*.py"),
    ]
    assert files
    assert sum(len(file.read_text("utf-8").splitlines()) for file in files) < 250
