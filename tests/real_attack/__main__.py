"""The long forms of all attacks with real processes: `python -m tests.real_attack [NAME…]`."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sys
import tempfile
import time
from pathlib import Path

import structlog

from bridgekit.testing.servers import ServerMissing
from tests.real_attack.attacks import ATTACKS, Attack
from tests.real_attack.report import Report, heading

SEED = 20


async def run(attack: Attack) -> Report:
    """In a folder of its own, which goes with it unless something did not hold."""
    folder = Path(tempfile.mkdtemp(prefix="bridgekit-attack-"))
    began = time.monotonic()
    try:
        async with asyncio.timeout(attack.patience):
            report = await attack.begin(folder, attack.long, SEED)
    except ServerMissing as missing:
        report = Report(attack.name, note=f"not tried: {missing}")
    except Exception as error:  # noqa: BLE001 (the other attacks go on)
        report = Report(attack.name, broken=[f"it ended with {error!r}"])
        report.seconds = time.monotonic() - began
    if report.holds:
        shutil.rmtree(folder)
    else:
        report.note += f" (see {folder})"
    return report


def _say(line: object) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """1 if anything was lost, doubled or out of order, or did not hold."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    chosen = [one for one in ATTACKS if one.name in sys.argv[1:] or not sys.argv[1:]]
    reports = []
    _say(heading())
    for attack in chosen:
        reports.append(asyncio.run(run(attack)))
        _say(reports[-1])
    total = Report("all of them")
    for name in ("events", "lost", "doubled", "disordered", "undecided", "told", "seconds"):
        setattr(total, name, sum(getattr(report, name) for report in reports))
    total.require(all(report.holds for report in reports), "see above")
    _say(total)
    return 0 if total.holds else 1


if __name__ == "__main__":
    sys.exit(main())
