"""Has what crosses looked through, and decides where nobody can: it waits, or it crosses unseen.

A content that was clean a moment ago is not looked through twice: it is known by its hash.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Coroutine
from enum import StrEnum
from io import BytesIO
from typing import Any, BinaryIO, TypeVar

import structlog

from bridgekit.clock import Clock
from bridgekit.configuration.scan_settings import ScanSettings
from bridgekit.lru import LRU
from bridgekit.media.files import pieces_of
from bridgekit.metrics.spread import Spread
from bridgekit.scanning.clamd import Clamd
from bridgekit.scanning.command import CommandScanner
from bridgekit.scanning.scanner import ScanFailed, Scanner, TooMuch
from bridgekit.scanning.verdict import Blocked, ScannerAway

log = structlog.get_logger()
T = TypeVar("T")

AT_ONCE = 8  # contents being looked through; clamd has ten threads by default
AGAIN = 15.0  # seconds until one that did not answer is asked again
PATIENCE = 5.0  # seconds for a question that costs nothing
TRIES = 5  # at one content, by a scanner that works: it is the content that it cannot take
REMEMBERED, LASTS = 10_000, 600.0  # contents that were clean, and for how many seconds they are
AWAY = "The content scan does not answer."


class Seen(StrEnum):
    """What came of a content. Counted by these names."""

    CLEAN = "clean"
    BLOCKED = "blocked"
    UNSEEN = "unseen"  # it crosses although nobody has looked through it
    HELD = "held"  # it waits for somebody who can; counted with each try


class Scan:
    """Without a scanner everything is let through, at no cost."""

    def __init__(self, settings: ScanSettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._scanner = scanner_of(settings)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._clean: LRU[bytes, float] = LRU(REMEMBERED)
        self._failures: LRU[bytes, int] = LRU(REMEMBERED)
        self._away, self._ask_at = False, float("-inf")
        self.counts: Counter[Seen] = Counter()
        self.took = Spread()

    @property
    def on(self) -> bool:
        """Whether anything looks."""
        return self._scanner is not None

    @property
    def texts(self) -> bool:
        """Whether it looks through what people write, too."""
        return self.on and self._settings.texts

    @property
    def _holds(self) -> bool:
        return self._settings.when_down == "hold"

    async def trouble(self) -> str:
        """Why what it should look through does not go on, as a sentence; "" where it does."""
        if await self.works() or not self._holds:
            return ""
        return f"{AWAY} What it should look through waits."

    async def works(self) -> bool:
        """Whether it answers; asked anew now and then, where that is cheap or it did not."""
        if self._scanner is None:
            return True
        if self._clock.monotonic() >= self._ask_at and (self._away or self._scanner.cheap):
            await self._ask(self._scanner)
        return not self._away

    async def check(self) -> None:
        """Before a file is fetched: raises `ScannerAway` where it would wait all the same."""
        if self._away and self._holds and not await self.works():
            self._nobody()

    async def text(self, text: str) -> None:
        """As `file`."""
        if self.texts and text:
            await self.file(BytesIO(text.encode(errors="replace")))

    async def file(self, file: BinaryIO) -> None:
        """Return, with the file at its beginning, if it may cross; raises `Blocked` or
        `ScannerAway`.
        """
        if self._scanner is None:
            return
        digest = await asyncio.to_thread(_digest, file)
        clean = self._clock.monotonic() < (self._clean.get(digest) or float("-inf"))
        if not clean and await self._may_be_asked():
            await self._look(self._scanner, digest, file)
        file.seek(0)

    async def _may_be_asked(self) -> bool:
        if not self._away or await self.works():
            return True
        self._nobody()
        return False

    def _nobody(self) -> None:
        """Nobody can look through it now."""
        self.counts[Seen.HELD if self._holds else Seen.UNSEEN] += 1
        if self._holds:
            raise ScannerAway(AWAY, after=AGAIN)

    async def _look(self, scanner: Scanner, digest: bytes, file: BinaryIO) -> None:
        try:
            found = await self._found(scanner, file)
        except TooMuch:
            if self._settings.too_large == "block":
                raise self._blocked("it is larger than the content scan takes") from None
            self.counts[Seen.UNSEEN] += 1
            return
        except ScanFailed as error:
            await self._failed(scanner, digest, error)
            return
        self._failures.forget(digest)  # it can take this one
        if found is not None:
            raise self._blocked(f"the content scan found {found}")
        self.counts[Seen.CLEAN] += 1
        self._clean.put(digest, self._clock.monotonic() + LASTS)

    async def _found(self, scanner: Scanner, file: BinaryIO) -> str | None:
        async with self._slots:
            began = self._clock.monotonic()
            found = await self._in_time(scanner.scan(pieces_of(file)), self._settings.timeout)
        self.took.add(self._clock.monotonic() - began)
        self._note(away=False)
        return found

    async def _failed(self, scanner: Scanner, digest: bytes, error: ScanFailed) -> None:
        """A content that takes down each try must not hold its lane for a day."""
        log.warning("content not looked through", error=str(error))
        if await self._ask(scanner) and self._holds:
            tries = self._failures.put(digest, (self._failures.get(digest) or 0) + 1)
            if tries >= TRIES:
                raise self._blocked("the content scan cannot look through it")
        self._nobody()

    def _blocked(self, found: str) -> Blocked:
        self.counts[Seen.BLOCKED] += 1
        return Blocked(found)

    async def _ask(self, scanner: Scanner) -> bool:
        self._ask_at = self._clock.monotonic() + AGAIN
        patience = PATIENCE if scanner.cheap else self._settings.timeout
        try:
            await self._in_time(scanner.answers(), patience)
        except ScanFailed as error:
            self._note(away=True, why=str(error))
        else:
            self._note(away=False)
        return not self._away

    def _note(self, *, away: bool, why: str = "") -> None:
        if away != self._away:
            said = "the content scan does not answer" if away else "the content scan answers again"
            log.warning(said, error=why, then=self._settings.when_down)
        self._away = away

    async def _in_time(self, call: Coroutine[Any, Any, T], seconds: float) -> T:
        try:
            async with self._clock.timeout(seconds):
                return await call
        except TimeoutError:
            raise ScanFailed(f"it took longer than {seconds:.0f} s") from None


def scanner_of(settings: ScanSettings) -> Scanner | None:
    """The program that is configured."""
    if settings.clamd is not None:
        return Clamd(settings.clamd)
    return CommandScanner(settings.command) if settings.command else None


def _digest(file: BinaryIO) -> bytes:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").digest()  # type: ignore[arg-type]
