"""What a process has used until now, as the kernel counts it (Linux)."""

from __future__ import annotations

import os
import time
from pathlib import Path

PAGE = os.sysconf("SC_PAGESIZE")


def cpu_s(pid: int) -> float:
    """CPU seconds of all its threads, of ended ones too, the user's and the system's.

    From the clock of the process (clock_getcpuclockid(3)): /proc counts in hundredths of a second,
    which is more than the ceiling needs for a thousand messages.
    """
    return time.clock_gettime(~pid << 3 | 2)


def rss_mib(pid: int) -> float:
    """What it has resident now."""
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * PAGE / (1 << 20)
