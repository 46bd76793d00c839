"""The checks of `doctor` on the content scan: whether it answers, finds anything, and takes files
as large as those that are bridged.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.configuration.config import Config
from bridgekit.media.files import in_words
from bridgekit.mistakes.of_installations import SCANNER_AWAY, SCANNER_BLIND, SCANNER_SMALL
from bridgekit.scanning.scan import scanner_of
from bridgekit.scanning.scanner import ScanFailed, Scanner, TooMuch

# What every scanner finds, for tests like this one (eicar.org); in two, lest this file be found.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_PIECE = bytes(1 << 20)


async def content_scan(config: Config) -> AsyncIterator[Finding]:
    """Asks it as the bridge does."""
    scanner = scanner_of(config.scan)
    if scanner is None:
        return
    try:
        async with asyncio.timeout(config.scan.timeout):
            who = await scanner.answers()
        async with asyncio.timeout(config.scan.timeout):
            found = await scanner.scan(_one(EICAR))
    except (ScanFailed, TimeoutError) as error:
        why = str(error) or f"no answer in {config.scan.timeout:.0f} s"
        waits = "waits" if config.scan.when_down == "hold" else "crosses unseen"
        yield SCANNER_AWAY.found(
            f"The content scan does not answer ({why}): what it looks at {waits}."
        )
        return
    if found is None:
        yield SCANNER_BLIND.found(f"{who} does not find EICAR's test file.")
    else:
        yield Finding(Severity.OK, f"{who} answers and finds {found}.")
    if not await _takes(scanner, config):
        largest = in_words(config.media.max_size)
        crosses = "is blocked" if config.scan.too_large == "block" else "crosses unseen"
        yield SCANNER_SMALL.found(
            f"It does not take {largest}: what is too large for it {crosses}."
        )


async def _takes(scanner: Scanner, config: Config) -> bool:
    """Whether it looks through the largest file that is bridged."""
    if not scanner.cheap:
        return True
    try:
        async with asyncio.timeout(config.scan.timeout):
            await scanner.scan(_much(config.media.max_size))
    except (ScanFailed, TooMuch, TimeoutError):
        return False
    return True


async def _one(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _much(size: int) -> AsyncIterator[bytes]:
    while size > 0:
        yield _PIECE[:size]
        size -= len(_PIECE)
