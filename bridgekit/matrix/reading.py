"""JSON as the homeserver may send it: all that is valid is taken, also what Python cannot hold.

What no database keeps is known by `storable`.
"""

from __future__ import annotations

import json
from typing import Any


def read_json(text: str) -> Any:
    """Its value; a number of more digits than Python turns into one stays the text that it is.

    Raises `ValueError`, and `RecursionError` where it is nested too deeply.
    """
    try:
        return json.loads(text)
    except ValueError:  # rare, and the other way is half as fast
        return json.loads(text, parse_int=_number)


def _number(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:  # sys.get_int_max_str_digits
        return digits


def storable(text: str) -> bool:
    """Half a character is valid JSON, and no database takes it; PostgreSQL no NUL either."""
    if "\0" in text:
        return False
    return text.isascii() or text == text.encode("utf-8", "replace").decode()
