"""What gateways may answer to our own requests: each is taken, refused or in doubt."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from bridgekit.errors import UTMOST, BridgekitError, RetryLater
from bridgekit.retry import delay
from bridges.sms.codes import Codes
from bridges.sms.http import Answer
from bridges.sms.listing import ahead
from bridges.sms.providers import android, plivo, telnyx, twilio
from tests.adapters.sms.test_signatures import NOW
from tests.fuzz.effort import tries
from tests.fuzz.outside import ANYTHING, TEXT, bent

_ERROR = bent({"code": TEXT, "detail": TEXT, "title": TEXT})
_FIELDS = bent(
    {
        **dict.fromkeys(("code", "message", "error"), st.sampled_from(["20003", "21610"]) | TEXT),
        "errors": st.lists(_ERROR, max_size=2),
    }
)
_HEADERS = st.dictionaries(
    st.sampled_from(["Retry-After", "Date"]),
    st.sampled_from(["5", "²", "9" * 400, "Thu, 01 Jan 2026 00:00:00 -0000"]) | TEXT,
    max_size=2,
)
KINDS: list[Codes] = [one._CODES for one in (android, plivo, telnyx, twilio)]


@tries(100)
@given(
    codes=st.sampled_from(KINDS),
    status=st.integers(200, 599),
    body=st.binary(max_size=40) | (_FIELDS | ANYTHING).map(lambda one: json.dumps(one).encode()),
    headers=_HEADERS,
)
@example(codes=KINDS[0], status=429, body=b"", headers={"Retry-After": "9" * 400})
@example(codes=KINDS[0], status=400, body=b"[" * 100_000, headers={})
@example(codes=KINDS[0], status=200, body=b"", headers={"Date": "Thu, 01 Jan 2026 00:00:00 -0000"})
@example(codes=KINDS[0], status=200, body=b"", headers={"Date": "Fri, 31 Dec 9999 23:59:59 GMT"})
@example(
    codes=KINDS[0], status=200, body=b"", headers={"Date": f"Mon, 01 Jan 2024 0:0:0 +{10**20}"}
)
def test_any_answer_of_a_gateway_means_something(
    codes: Codes, status: int, body: bytes, headers: dict[str, Any]
) -> None:
    answer = Answer(status, body, headers)
    assert abs(ahead(answer, NOW)) <= timedelta(days=365)
    found: Exception | None = None
    try:
        codes.judge(answer)
    except (BridgekitError, ConnectionError) as error:
        found = error
    assert (found is None) == (status < 300)
    if isinstance(found, RetryLater):
        assert 0 < delay(found.after, 1, 0.5) <= UTMOST
