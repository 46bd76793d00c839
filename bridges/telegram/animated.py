"""Animated stickers (TGS), which Matrix does not know, as WebP: where the converter is there."""

import asyncio
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from bridgekit import Rejected

INSTALLED = find_spec("rlottie_python") is not None
"""The extra `telegram-stickers`; without it a sticker is shown as its picture and emoji."""

LARGEST = 1_000_000  # bytes; Telegram takes 64 kB
_PATIENCE = 30.0  # seconds
_PROCESS = Path(__file__).with_name("tgs_process.py")


async def moving(packed: bytes) -> bytes:
    """The sticker as a picture that moves; raises `Rejected` for what cannot become one."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", str(_PROCESS)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    made = b""
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                made, _ = await process.communicate(packed)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0 or not made:
        raise Rejected("This animated sticker cannot be shown on Matrix.")
    return made
