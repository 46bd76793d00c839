"""The long forms of all attacks with real processes: bridges that are killed, servers that fail.

Without a name: all on the core, or with --networks all on the adapters' networks. Each says
`holds`, BROKEN and what did not hold, or NOT TRIED and what it lacks: a server, or rights (to mount
for `disk-full`, else the store is only kept from growing; `chattr +i` for `read-only`, as root).
The exit code is 0 if all holds, 1 if anything is broken, else 2 if not all was tried.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Sequence

from tests.real_attack.attacks import ATTACKS
from tests.real_attack.report import Report, Verdict, heading, together
from tests.real_attack.runs import COMMAND, quiet, run_all

SEED = 20
EXIT = {Verdict.HOLDS: 0, Verdict.BROKEN: 1, Verdict.NOT_TRIED: 2}


def _say(*lines: object) -> None:
    """In one piece: others may write to the same terminal."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _named(networks: bool) -> list[str]:  # noqa: FBT001 (as it is asked for)
    return [one.name for one in ATTACKS if bool(one.of) == networks]


def _asked() -> argparse.Namespace:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(COMMAND, None, __doc__, _known(), formatter_class=form)
    seed = "decides on all that is random: with the seed of a failure it is tried again alike"
    parser.add_argument("--seed", type=int, default=SEED, help=f"{seed} (default: {SEED})")
    at_once = "so many, each in a process of its own; rows come as they end"
    parser.add_argument("--at-once", type=int, default=1, help=at_once)
    networks = "those on the adapters' networks"
    parser.add_argument("--networks", action="store_true", help=networks)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    asked = parser.parse_args()
    if asked.at_once < 1:
        parser.error("--at-once is to be 1 or more")
    return asked


def _known() -> str:
    core, networks = (", ".join(_named(one)) for one in (False, True))
    said = (f"on the core: {core}", f"on networks: {networks}")
    return "\n".join(textwrap.fill(one, 78, break_on_hyphens=False) for one in said)


def main() -> int:
    """1 if anything was lost, doubled or out of order, or did not hold; 2 if not all was tried."""
    quiet()
    asked = _asked()
    names = asked.names or _named(asked.networks)
    if unknown := {*names} - {attack.name for attack in ATTACKS}:
        sys.exit(f"There is no attack named {', '.join(sorted(unknown))}; there are,\n{_known()}")
    chosen = [attack for attack in ATTACKS if attack.name in names]
    reports = []
    _say(heading())
    for report in run_all(chosen, asked.seed, asked.at_once):
        reports.append(report)
        _say(report)
    total = together(reports)
    _say(*_whole(reports, total))
    return EXIT[total.verdict]


def _whole(reports: Sequence[Report], total: Report) -> list[object]:
    """The sum. Where rows came as they ended, perhaps among those of others, all of them again."""
    return [total] if len(reports) == 1 else ["", heading(), *reports, total]


if __name__ == "__main__":
    sys.exit(main())
