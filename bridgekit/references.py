"""What people call a job by: a short name that can be read out, as in `BK-7F3K2Q`."""

from __future__ import annotations

from bridgekit.ids import JobID, Reference

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SPREAD, _SPACE = 0x2545F491, 1 << 30
_UNSPREAD = pow(_SPREAD, -1, _SPACE)


def reference(job: JobID) -> Reference:
    """The short name of a job; neighbouring jobs look nothing alike."""
    number = job * _SPREAD % _SPACE
    letters = "".join(_CROCKFORD[number >> shift & 31] for shift in range(25, -1, -5))
    return Reference(f"BK-{letters}")


def job_of(text: str) -> JobID | None:
    """The job that a reference names, in any case and with or without `BK-`; else None."""
    letters = text.strip().upper().removeprefix("BK-").translate(str.maketrans("OIL", "011"))
    if not text.isascii() or len(letters) != 6:  # noqa: PLR2004 (six letters make a reference)
        return None
    if not set(letters) <= set(_CROCKFORD):
        return None
    number = 0
    for letter in letters:
        number = number << 5 | _CROCKFORD.index(letter)
    return JobID(number * _UNSPREAD % _SPACE)
