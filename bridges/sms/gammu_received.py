"""`RunOnReceive` of Gammu SMSD: keeps a text for the bridge, whole or not at all.

    RunOnReceive = python3 -m bridges.sms.gammu_received /var/spool/gammu/received

Ends with 0 only when it is on the disk. The variables: https://docs.gammu.org/smsd/run.html
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from bridges.sms.udh import MOST_PARTS


def record(environment: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """What is kept: `names` are SMSD's own for what it received, the same when it runs us again."""
    text = _joined(environment, "DECODED_PARTS", "DECODED") or _joined(
        environment, "SMS_MESSAGES", "SMS"
    )
    sender = environment.get("SMS_1_NUMBER", "")
    name = " ".join(names) or f"{sender} {text}"
    return {
        "id": sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32],
        "sender": sender,
        "text": text,
    }


def _joined(environment: Mapping[str, str], count: str, name: str) -> str:
    most = environment.get(count, "")
    numbers = range(1, min(int(most[:9]) if most.isdecimal() else 0, MOST_PARTS) + 1)
    return "".join(environment.get(f"{name}_{number}_TEXT", "") for number in numbers)


def keep(folder: Path, kept: Mapping[str, str]) -> None:
    """Durable on return; again: nothing changes."""
    new = folder / f".{kept['id']}.new"
    with new.open("w", encoding="utf-8") as file:
        json.dump(kept, file)
        file.flush()
        os.fsync(file.fileno())
    new.rename(folder / f"{kept['id']}.json")


def is_report(environment: Mapping[str, str]) -> bool:
    """Whether it tells of a text of ours; only that has the reference of another one."""
    return environment.get("SMS_1_REFERENCE", "0") not in ("", "0")


if __name__ == "__main__" and not is_report(os.environ):
    keep(Path(sys.argv[1]), record(os.environ, sys.argv[2:]))
