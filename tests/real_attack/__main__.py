"""The long forms of all attacks with real processes.

`python -m tests.real_attack [--seed N] [NAME…]`; the seed decides on all that is random.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

import structlog

from bridgekit.testing.servers import ServerMissing
from tests.real_attack.attacks import ATTACKS, Attack
from tests.real_attack.deadline import in_time
from tests.real_attack.report import Report, Verdict, heading, together

SEED = 20
EXIT = {Verdict.HOLDS: 0, Verdict.BROKEN: 1, Verdict.NOT_TRIED: 2}


async def run(attack: Attack, seed: int = SEED) -> Report:
    """In a folder of its own, which goes with it unless something did not hold."""
    folder = Path(tempfile.mkdtemp(prefix="bridgekit-attack-"))
    began = time.monotonic()
    try:
        report = await in_time(attack.begin(folder, attack.long, seed), attack.patience)
    except ServerMissing as missing:
        report = Report(attack.name, not_tried=str(missing))
    except Exception as error:  # noqa: BLE001 (the other attacks go on)
        said = "".join(traceback.format_exception(error))
        report = Report(attack.name, broken=[f"it ended with {said}"])
        report.seconds = time.monotonic() - began
    if report.verdict is Verdict.BROKEN:
        report.note += f" (see {folder})"
    else:
        shutil.rmtree(folder)
    return report


def _say(line: object) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.real_attack")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("names", nargs="*")
    return parser.parse_args()


def main() -> int:
    """1 if anything was lost, doubled or out of order, or did not hold; 2 if not all was tried."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    asked = _asked()
    names = asked.names or [attack.name for attack in ATTACKS]
    if unknown := {*names} - {attack.name for attack in ATTACKS}:
        sys.exit(f"There is no attack named {', '.join(sorted(unknown))}")
    chosen = [attack for attack in ATTACKS if attack.name in names]
    reports = []
    _say(heading())
    for attack in chosen:
        reports.append(asyncio.run(run(attack, asked.seed)))
        _say(reports[-1])
    total = together(reports)
    _say(total)
    return EXIT[total.verdict]


if __name__ == "__main__":
    sys.exit(main())
