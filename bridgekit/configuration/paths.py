"""What can be said of a path without opening it, also by somebody who may not look."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def is_there(path: Path) -> bool | None:
    """None: a folder on the way may not be entered, so that nobody here can say."""
    try:
        path.stat()
    except PermissionError:
        return None
    except (OSError, ValueError):
        return False
    return True


def tracked(path: Path) -> bool:
    """Whether git keeps this file."""
    git = shutil.which("git")
    if git is None:
        return False
    command = [git, "-C", str(path.parent), "ls-files", "--error-unmatch", "--", path.name]
    try:
        asked = subprocess.run(command, capture_output=True, timeout=10, check=False)  # noqa: S603 (no shell; the path is the operator's own)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0
