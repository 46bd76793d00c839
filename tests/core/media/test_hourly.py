"""The homeserver is given so many bytes an hour; what is more waits, and is brought then."""

from __future__ import annotations

from typing import Any

import pytest

from bridgekit import RetryLater
from bridgekit.media.hourly import HOUR, LONGEST, Hourly
from bridgekit.testing.clock import VirtualClock
from tests.core.media.conftest import NETWORK, Files
from tests.core.media.samples import picture
from tests.core.media.test_uploads import Phone, attached


async def test_what_is_more_than_an_hours_share_waits_for_the_next(files: Files) -> None:
    data, clock = picture("PNG", (40, 40)), VirtualClock()
    phone: Any = Phone(data)
    uploads = files.made_uploads(hourly=Hourly(len(data), clock))
    await uploads.upload(NETWORK, phone, attached("a.png"))
    with pytest.raises(RetryLater, match="no more files for now") as waits:
        await uploads.upload(NETWORK, phone, attached("b.png"))
    assert waits.value.after is not None
    assert 0 < waits.value.after <= LONGEST
    assert phone.asked == 1
    await uploads.upload(NETWORK, phone, attached("a.png"))  # it is there already
    await clock.advance(HOUR)
    assert (await uploads.upload(NETWORK, phone, attached("b.png"))).size == len(data)


def test_what_overdraws_is_paid_back_in_full() -> None:
    hourly = Hourly(100, VirtualClock())
    hourly.check()
    hourly.spend(250)
    with pytest.raises(RetryLater) as waits:
        hourly.check()
    assert waits.value.after == LONGEST
