"""What a bot writes, checked and tidied as Telegram does: length, entities, blank ends."""

import re
from typing import Any

from bridges.telegram.fake.errors import bad_request

JSON = dict[str, Any]

MOST_TEXT, MOST_CAPTION, MOST_ENTITIES = 4096, 1024, 100


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def checked(text: str, entities: Any, most: int, name: str) -> tuple[str, list[JSON]]:
    """Text and entities as they are shown; raises what Telegram refuses."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise bad_request("strings must be encoded in UTF-8") from None
    found = [_entity(one, text) for one in entities or ()]
    kept = text.strip()
    if units(kept) > most:
        raise bad_request(f"{name} is too long")
    cut = units(text[: len(text) - len(text.lstrip())])
    moved = (_moved(one, cut, units(kept)) for one in found)
    return kept, [one for one in moved if one is not None][:MOST_ENTITIES]


def _entity(one: Any, text: str) -> JSON:
    if not isinstance(one, dict) or "type" not in one:
        raise bad_request("can't parse entities: MessageEntity must be an object")
    start, length = one.get("offset"), one.get("length")
    if not isinstance(start, int) or not isinstance(length, int):
        raise bad_request("can't parse entities: wrong offset or length")
    if start < 0 or length <= 0 or start + length > units(text):
        raise bad_request("ENTITY_BOUNDS_INVALID")
    if one["type"] == "text_link":
        url = str(one.get("url", ""))
        found = re.match(r"https?://([^/?#]*)|tg://.", url)
        if found is None or "." not in (found[1] or "."):
            raise bad_request(f"entity URL '{url}' is invalid: Wrong HTTP URL")
    return one


def _moved(one: JSON, cut: int, size: int) -> JSON | None:
    start = max(one["offset"] - cut, 0)
    end = min(one["offset"] + one["length"] - cut, size)
    return {**one, "offset": start, "length": end - start} if start < end else None
