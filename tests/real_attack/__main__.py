"""The long forms of all attacks with real processes.

`python -m tests.real_attack [--seed N] [--at-once N] [--networks] [NAME…]`: those on the core, or
those on the adapters' networks, or these. The seed decides on all that is random. At once, each in
a process of its own, they are told of as they end.
"""

from __future__ import annotations

import argparse
import sys

from tests.real_attack.attacks import ATTACKS
from tests.real_attack.report import Verdict, heading, together
from tests.real_attack.runs import quiet, run_all

SEED = 20
EXIT = {Verdict.HOLDS: 0, Verdict.BROKEN: 1, Verdict.NOT_TRIED: 2}


def _say(line: object) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.real_attack")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("--networks", action="store_true")
    parser.add_argument("names", nargs="*")
    return parser.parse_args()


def main() -> int:
    """1 if anything was lost, doubled or out of order, or did not hold; 2 if not all was tried."""
    quiet()
    asked = _asked()
    names = asked.names or [one.name for one in ATTACKS if bool(one.of) == asked.networks]
    if unknown := {*names} - {attack.name for attack in ATTACKS}:
        sys.exit(f"There is no attack named {', '.join(sorted(unknown))}")
    chosen = [attack for attack in ATTACKS if attack.name in names]
    reports = []
    _say(heading())
    for report in run_all(chosen, asked.seed, asked.at_once):
        reports.append(report)
        _say(report)
    total = together(reports)
    _say(total)
    return EXIT[total.verdict]


if __name__ == "__main__":
    sys.exit(main())
