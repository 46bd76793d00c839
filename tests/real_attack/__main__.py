"""The long forms of all attacks with real processes: bridges that are killed, servers that fail.

Without a name: all on the core, or with --networks all on the adapters' networks. Each says
`holds`, BROKEN and what did not hold, or NOT TRIED and what it lacks: a server, or rights (to mount
for `disk-full`, else the store is only kept from growing; `chattr +i` for `read-only`, as root).
The exit code is 0 if all holds, 1 if anything is broken, else 2 if not all was tried. Broken off by
Ctrl-C, it ends what is under way, and says what it knows.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Sequence

from tests.command_line import BROKEN_OFF, parser_of, refuse, say
from tests.real_attack.attacks import ATTACKS
from tests.real_attack.report import Report, Verdict, together
from tests.real_attack.runs import COMMAND, quiet, run_all

SEED = 20
EXIT = {Verdict.HOLDS: 0, Verdict.BROKEN: 1, Verdict.NOT_TRIED: 2}


def _named(networks: bool) -> list[str]:  # noqa: FBT001 (as it is asked for)
    return [one.name for one in ATTACKS if bool(one.of) == networks]


def _asked() -> argparse.Namespace:
    parser = parser_of(COMMAND, __doc__, _known())
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
    if asked.names and asked.networks:
        parser.error("--networks is all of them: name some, or ask for all")
    if unknown := {*asked.names} - {attack.name for attack in ATTACKS}:
        refuse(parser, f"there is no attack named {', '.join(sorted(unknown))}")
    asked.names = asked.names or _named(asked.networks)
    return asked


def _known() -> str:
    core, networks = (", ".join(_named(one)) for one in (False, True))
    said = (f"on the core: {core}", f"on networks: {networks}")
    return "\n".join(textwrap.fill(one, 78, break_on_hyphens=False) for one in said)


def main() -> int:
    """1 if anything was lost, doubled or out of order, or did not hold; 2 if not all was tried."""
    quiet()
    asked = _asked()
    left = [attack for attack in ATTACKS if attack.name in asked.names]
    reports: list[Report] = []
    try:
        for attack, report in run_all(tuple(left), asked.seed, asked.at_once):
            left.remove(attack)
            reports.append(report)
            say(report)
    except KeyboardInterrupt:
        reports += [Report(attack.name, not_tried="broken off") for attack in left]
    total = together(reports)
    say(*_whole(reports, total))
    return BROKEN_OFF if left else EXIT[total.verdict]


def _whole(reports: Sequence[Report], total: Report) -> list[object]:
    """The sum. Where rows came as they ended, perhaps among those of others, all of them again."""
    return [total] if len(reports) == 1 else ["", *reports, total]


if __name__ == "__main__":
    sys.exit(main())
