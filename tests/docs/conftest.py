"""The site, built once, as `make docs` builds it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Warnings are errors: a link or an anchor that leads nowhere is one."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (line,) = re.findall(r"\$\(RUN\) (-m sphinx .*) site$", makefile, re.MULTILINE)
    words = shlex.split(line)
    assert "--fail-on-warning" in words
    done = subprocess.run(
        [sys.executable, *words, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder
