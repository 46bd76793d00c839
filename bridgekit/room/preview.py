"""What will happen, shown before it is done. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

_NUMBERS = re.compile(r"\d+")


class Preview:
    """In sentences. `digest` stands for them; how many people it is about may change meanwhile."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = tuple(sentences)

    @property
    def text(self) -> str:
        return "\n".join(f"• {sentence}" for sentence in self.sentences)

    @property
    def digest(self) -> str:
        said = _NUMBERS.sub("", "\n".join(self.sentences))
        return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]
