"""Emoji as Slack names them (`wave::skin-tone-3`), and as Unicode has them; pure.

The names are a table, `emoji.txt`: libraries have some of them only, or others for the same signs.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

_TABLE = "emoji.txt"
_TONES = {"2": "\U0001f3fb", "3": "\U0001f3fc", "4": "\U0001f3fd", "5": "\U0001f3fe"}
_TONES["6"] = "\U0001f3ff"
_TONED = re.compile(r"(.+)::skin-tone-([2-6])-([2-6])")
_SELECTOR = "\ufe0f"
_CODES = re.compile(r"[0-9a-fA-F]{2,6}(?:-[0-9a-fA-F]{2,6}){0,15}")
_LAST = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


def unicode_of(name: str) -> str | None:
    """The characters of a standard emoji by its name without colons; None: it is a custom one."""
    return _by_name().get(name) or _by_name().get(_one_tone(name))


def name_of(emoji: str) -> str | None:
    """Slack's name of an emoji; None if Slack has none for it."""
    return _by_emoji().get(emoji.replace(_SELECTOR, ""))


def from_codes(codes: str) -> str | None:
    """What Slack writes as `1f44b-1f3fc`; None where that is no text."""
    if not _CODES.fullmatch(codes):
        return None
    points = [int(code, 16) for code in codes.split("-")]
    if any(point > _LAST or point in _SURROGATES for point in points):
        return None
    return "".join(map(chr, points))


def _one_tone(name: str) -> str:
    """`::skin-tone-3-3` is what others write `::skin-tone-3`."""
    found = _TONED.fullmatch(name)
    same = found is not None and found[2] == found[3]
    return f"{found[1]}::skin-tone-{found[2]}" if found is not None and same else name


@cache
def _by_name() -> dict[str, str]:
    names: dict[str, str] = {}
    for emoji, all_names in _table():
        for name in all_names:
            names.setdefault(name, emoji)
    return names


@cache
def _by_emoji() -> dict[str, str]:
    emoji: dict[str, str] = {}
    for signs, (name, *_) in _table():
        emoji.setdefault(signs.replace(_SELECTOR, ""), name)
    return emoji


def _table() -> Iterator[tuple[str, list[str]]]:
    """Each emoji with its names; those with skin tones, with each of these."""
    text = files(__package__).joinpath(_TABLE).read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        codes, *names = line.split()
        emoji = from_codes(codes) or ""
        plain = [name.removeprefix("*") for name in names]
        yield emoji, plain
        if plain != names:
            first, rest = emoji[0], emoji[1:].removeprefix(_SELECTOR)
            for tone, sign in _TONES.items():
                yield first + sign + rest, [f"{name}::skin-tone-{tone}" for name in plain]
