# ruff: noqa: RUF001 -- letters that look like others are the point
"""Texts that break what was not made for them."""

from __future__ import annotations

ASTRAL = "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 👩‍👩‍👧‍👦 🏳️‍🌈 naïve café 漢字"
RIGHT_TO_LEFT = "שלום עולם and مرحبا بالعالم"
HOSTILE = "<b>not bold</b> <script>alert(1)</script> & \"q\" 'q' \\ {0} %s $HOME `id` ; -- /quit"
HAN = "漢字語"  # three bytes each


def long_text(size: int, begins: str = "word") -> str:
    """Words that all differ, `size` characters at most, in ASCII unless they begin otherwise."""
    words: list[str] = []
    left = size
    while left > len(word := f"{begins}{len(words):04}"):
        words.append(word)
        left -= len(word) + 1
    return " ".join(words)
