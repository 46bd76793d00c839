"""What Slack sends, read with suspicion: a field that is missing or of another type is empty."""

from typing import Any

JSON = dict[str, Any]
_LARGEST = 1 << 53


def text(source: JSON, key: str) -> str:
    """A text; "" where it is none."""
    value = source.get(key)
    return value if isinstance(value, str) else ""


def record(source: JSON, key: str) -> JSON:
    """An object; {} where it is none."""
    value = source.get(key)
    return value if isinstance(value, dict) else {}


def records(source: JSON, key: str) -> list[JSON]:
    """The objects of a list; what is none is left out."""
    value = source.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def texts(source: JSON, key: str) -> list[str]:
    """The texts of a list; what is none is left out."""
    value = source.get(key)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def number(source: JSON, key: str) -> int | None:
    """A whole number that is not negative, and no larger than JSON can tell from others."""
    value = source.get(key)
    return value if type(value) is int and 0 <= value < _LARGEST else None
