"""What a process has used until now, as the kernel counts it (Linux)."""

from __future__ import annotations

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGESIZE")


def cpu_s(pid: int) -> float:
    """CPU seconds of all its threads, the user's and the system's."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def rss_mib(pid: int) -> float:
    """What it has resident now."""
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * PAGE / (1 << 20)
