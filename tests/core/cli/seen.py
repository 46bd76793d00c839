"""What `bridgekit doctor` has found, by id, and files as people change them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.core.cli.conftest import Doctor


async def found(doctor: Doctor, *words: object) -> dict[str, dict[str, Any]]:
    """The findings with an id, by it; each says why it matters and what to do."""
    result = await doctor("--json", *words)
    seen = {one["id"]: one for one in json.loads(result.stdout)["findings"] if one["id"]}
    assert [one for one in seen.values() if not (one["fix"] and one["why"])] == []
    return seen


def rewrite(path: Path, how: Callable[[str], str], mode: int = 0o600) -> None:
    path.write_text(how(path.read_text()))
    path.chmod(mode)
