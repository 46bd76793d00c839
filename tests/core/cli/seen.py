"""What `bridgekit doctor` has found, by id, and files as people change them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.core.cli.conftest import Doctor


async def found(doctor: Doctor, *words: object) -> dict[str, dict[str, Any]]:
    """The findings with an id, by it."""
    result = await doctor("--json", *words)
    return {one["id"]: one for one in json.loads(result.stdout)["findings"] if one["id"]}


def rewrite(path: Path, how: Callable[[str], str], mode: int = 0o600) -> None:
    path.write_text(how(path.read_text()))
    path.chmod(mode)
