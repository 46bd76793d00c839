"""What a person may answer: every mistake is a sentence, and none of them repeats the answer."""

from __future__ import annotations

import pytest

from bridgekit.adapter import Field
from bridgekit.errors import Rejected
from bridgekit.sign_in.steps import LONGEST, checked

PHONE = Field("phone", "Your number", pattern=r"\+[0-9]{6,15}")
METHOD = Field("method", "How?", choices=("code", "qr"))
NOTE = Field("note", "A note", optional=True)
PASSWORD = Field("password", "Your password", secret=True)


@pytest.mark.parametrize(
    ("fields", "answers", "given"),
    [
        ((PHONE,), {"phone": "+49123456"}, {"phone": "+49123456"}),
        ((PHONE,), {"phone": " +49123456\n"}, {"phone": "+49123456"}),
        ((METHOD, NOTE), {"method": "qr"}, {"method": "qr"}),
        ((NOTE,), {"note": ""}, {}),
        ((PASSWORD,), {"password": "correct horse"}, {"password": "correct horse"}),
    ],
)
def test_what_is_well_goes_to_the_adapter(fields, answers, given) -> None:
    assert checked(fields, answers) == given


@pytest.mark.parametrize(
    ("fields", "answers", "why"),
    [
        ((PHONE,), {}, "phone: an answer is needed."),
        ((PHONE,), {"phone": "12 34secret"}, "phone: this does not look as it should"),
        ((PHONE,), {"phone": "12 34secret"}, f"mistake in it. Wanted is: {PHONE.prompt}."),
        ((METHOD,), {"method": "secret"}, "method: answer one of: code, qr."),
        ((NOTE,), {"nope": "secret"}, "There is no such field; there are: note."),
        ((NOTE,), {"secret": ""}, "There is no such field"),
        ((PASSWORD,), {"password": "secret" * LONGEST}, "password: an answer has at most"),
        ((PASSWORD,), {"password": "secret\0"}, "password: an answer has at most"),
        ((PHONE, METHOD), {}, "phone: an answer is needed. method: an answer is needed."),
    ],
)
def test_what_is_wrong_is_said_without_repeating_it(fields, answers, why) -> None:
    with pytest.raises(Rejected) as refused:
        checked(fields, answers)
    assert why in str(refused.value)
    assert "secret" not in str(refused.value)
