"""What becomes of contents by what the scanner says, or does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import pytest

from bridgekit.configuration.scan_settings import ScanSettings
from bridgekit.scanning import scan as scanning
from bridgekit.scanning.scan import AGAIN, AT_ONCE, LASTS, TRIES, Scan, Seen
from bridgekit.scanning.scanner import ScanFailed, TooMuch
from bridgekit.scanning.verdict import Blocked, ScannerAway
from bridgekit.testing.clock import VirtualClock, settle


class Judge:
    """Finds what contains "evil"; `down` answers nothing, `stumbles` over what contains it."""

    cheap = True

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.asked = 0
        self.down = False
        self.stumbles = b"bomb"
        self.gate = asyncio.Event()
        self.gate.set()
        self.inside = self.most = 0

    async def scan(self, pieces: AsyncIterator[bytes]) -> str | None:
        content = b"".join([piece async for piece in pieces])
        self.seen.append(content)
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            await self.gate.wait()
        finally:
            self.inside -= 1
        if self.down or self.stumbles in content:
            raise ScanFailed("no")
        if len(content) > 1000:
            raise TooMuch
        return "Evil" if b"evil" in content else None

    async def answers(self) -> str:
        self.asked += 1
        if self.down:
            raise ScanFailed("no")
        return "a judge"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Judge:
    judge = Judge()
    monkeypatch.setattr(scanning, "scanner_of", lambda _: judge)
    return judge


def made(clock: VirtualClock, **settings: Any) -> Scan:
    return Scan(ScanSettings(command=("judge",), **settings), clock)


async def test_without_a_scanner_everything_crosses_and_is_not_even_read(clock) -> None:
    scan = Scan(ScanSettings(), clock)
    file = BytesIO(b"evil")
    file.seek(2)
    await scan.file(file)
    await scan.check()
    assert (file.tell(), scan.on, await scan.works(), await scan.trouble()) == (2, False, True, "")
    assert not scan.counts


async def test_what_is_found_is_blocked_and_all_else_is_at_its_beginning_again(clock, judge):
    scan = made(clock)
    file = BytesIO(b"good")
    file.seek(3)
    await scan.file(file)
    assert (file.read(), judge.seen) == (b"good", [b"good"])
    with pytest.raises(Blocked, match="It was blocked: the content scan found Evil"):
        await scan.file(BytesIO(b"evil"))
    assert scan.counts == {Seen.CLEAN: 1, Seen.BLOCKED: 1}
    assert len(scan.took) == 2


async def test_what_was_clean_is_not_looked_through_again_for_a_while(clock, judge) -> None:
    scan = made(clock)
    for _ in range(3):
        await scan.file(BytesIO(b"good"))
    assert judge.seen == [b"good"]
    await scan.file(BytesIO(b"goods"))
    await clock.advance(LASTS)
    await scan.file(BytesIO(b"good"))
    assert judge.seen == [b"good", b"goods", b"good"]


async def test_what_was_blocked_is_looked_through_each_time(clock, judge) -> None:
    scan = made(clock)
    for _ in range(2):
        with pytest.raises(Blocked):
            await scan.file(BytesIO(b"evil"))
    assert judge.seen == [b"evil", b"evil"]


async def test_texts_are_looked_through_only_where_that_is_wanted(clock, judge) -> None:
    await made(clock).text("evil")
    with pytest.raises(Blocked):
        await made(clock, texts=True).text("evil \ud800")
    await made(clock, texts=True).text("")
    assert judge.seen == [b"evil ?"]


async def test_while_it_is_away_things_wait_and_it_is_asked_now_and_then(clock, judge) -> None:
    scan = made(clock)
    judge.down = True
    with pytest.raises(ScannerAway) as raised:
        await scan.file(BytesIO(b"good"))
    assert raised.value.after == AGAIN
    assert "What it should look through waits" in await scan.trouble()
    assert not await scan.works()
    for _ in range(5):  # nobody fetches a file, or sends it, to be told the same
        with pytest.raises(ScannerAway):
            await scan.check()
        with pytest.raises(ScannerAway):
            await scan.file(BytesIO(b"good"))
    assert (judge.seen, judge.asked) == ([b"good"], 1)
    judge.down = False
    await clock.advance(AGAIN)
    await scan.check()
    await scan.file(BytesIO(b"good"))
    assert (await scan.trouble(), judge.asked) == ("", 2)
    assert scan.counts == {Seen.HELD: 11, Seen.CLEAN: 1}


async def test_or_they_cross_unseen_and_that_shows(clock, judge) -> None:
    scan = made(clock, when_down="pass")
    judge.down = True
    for _ in range(3):
        await scan.check()
        await scan.file(BytesIO(b"evil"))
    assert (len(judge.seen), await scan.works(), await scan.trouble()) == (1, False, "")
    assert scan.counts == {Seen.UNSEEN: 3}
    judge.down = False
    await clock.advance(AGAIN)
    with pytest.raises(Blocked):
        await scan.file(BytesIO(b"evil"))
    assert await scan.works()


async def test_one_that_is_too_slow_is_as_one_that_is_away(clock, judge) -> None:
    scan = made(clock, timeout=60)
    judge.gate.clear()
    judge.down = True
    task = asyncio.create_task(scan.file(BytesIO(b"good")))
    await settle()
    await clock.advance(59)
    assert not task.done()
    await clock.advance(1)
    await settle()
    with pytest.raises(ScannerAway):
        await task


@pytest.mark.usefixtures("judge")
async def test_a_content_that_it_stumbles_over_does_not_hold_its_chat_for_ever(clock) -> None:
    scan = made(clock)
    for _ in range(TRIES - 1):
        with pytest.raises(ScannerAway):
            await scan.file(BytesIO(b"bomb"))
        await scan.file(BytesIO(b"good"))  # others go on
        assert await scan.works()
    with pytest.raises(Blocked, match="cannot look through it"):
        await scan.file(BytesIO(b"bomb"))


async def test_only_tries_that_fail_one_after_the_other_count(clock, judge) -> None:
    scan = made(clock)
    for _ in range(2):
        judge.stumbles = b"bomb"
        for _ in range(TRIES - 1):
            with pytest.raises(ScannerAway):
                await scan.file(BytesIO(b"bomb"))
        judge.stumbles = b"nothing"
        await scan.file(BytesIO(b"bomb"))
        await clock.advance(LASTS)  # and it is looked through anew


async def test_a_scanner_that_was_away_uses_up_no_tries(clock, judge) -> None:
    scan = made(clock)
    judge.down = True
    for _ in range(TRIES * 2):
        with pytest.raises(ScannerAway):
            await scan.file(BytesIO(b"good"))
        await clock.advance(AGAIN)
    judge.down = False
    await scan.file(BytesIO(b"good"))


@pytest.mark.parametrize("passes", [True, False])
@pytest.mark.usefixtures("judge")
async def test_what_is_too_large_for_it_is_blocked_or_crosses(clock, passes) -> None:
    scan = made(clock, too_large="pass" if passes else "block")
    if passes:
        await scan.file(BytesIO(bytes(1001)))
    else:
        with pytest.raises(Blocked, match="larger than the content scan takes"):
            await scan.file(BytesIO(bytes(1001)))
    assert scan.counts == {Seen.UNSEEN if passes else Seen.BLOCKED: 1}
    assert await scan.works()


async def test_not_more_at_once_than_it_takes(clock, judge) -> None:
    scan = made(clock)
    judge.gate.clear()
    files = [BytesIO(bytes([number])) for number in range(AT_ONCE * 2)]
    tasks = [asyncio.create_task(scan.file(file)) for file in files]
    while len(judge.seen) < AT_ONCE:
        await settle()
    await settle()
    assert judge.inside == AT_ONCE
    judge.gate.set()
    await asyncio.gather(*tasks)
    assert (judge.most, len(judge.seen)) == (AT_ONCE, AT_ONCE * 2)
