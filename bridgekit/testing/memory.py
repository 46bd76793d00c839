"""A disk in memory, for what is written, read and thrown away within one test."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 (folders of our own are made in it)


def memory(room: int = 0) -> Path | None:
    """Where folders in memory are made; None where there is no such disk, or less room (bytes)."""
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < room:
        return None
    return MEMORY
