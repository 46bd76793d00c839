"""What an attack found, the same for every attack: how much was said, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(slots=True)
class Report:
    """One attack. `undecided` did not arrive and nobody can know whether it was sent; each of
    these must be `told` to whoever said it. `note` is what else the attack measured.
    """

    name: str
    events: int = 0
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    undecided: int = 0
    told: int = 0
    seconds: float = 0.0
    note: str = ""
    broken: list[str] = field(default_factory=list)
    """What else did not hold, in sentences."""

    @property
    def holds(self) -> bool:
        wrong = self.lost or self.doubled or self.disordered or self.broken
        return not wrong and self.undecided <= self.told

    def compare(
        self, said: Sequence[str], shown: Sequence[str], told: Iterable[str] | None = None
    ) -> None:
        """Count one chat's flow in one direction. `told`: the texts whose senders were told that
        they may not have arrived; None: here nothing can be undecided.
        """
        self.events += len(said)
        times = Counter(shown)
        self.doubled += sum(count - 1 for count in times.values())
        places = {text: place for place, text in enumerate(said)}
        first = list(dict.fromkeys(text for text in shown if text in places))
        self.disordered += sum(places[one] > places[next_] for one, next_ in pairwise(first))
        missing = [text for text in said if text not in times]
        warned = set(told or ())
        self.told += len(warned)
        self.undecided += sum(text in warned for text in missing)
        self.lost += sum(text not in warned for text in missing)
        strange = [text for text in times if text not in places]
        self.require(not strange, f"{strange[:3]} were shown, which nobody said")

    def require(self, so: object, sentence: str) -> None:
        if not so:
            self.broken.append(sentence)

    def __str__(self) -> str:
        verdict = "holds" if self.holds else "BROKEN"
        counts = (self.events, self.lost, self.doubled, self.disordered, self.undecided, self.told)
        numbers = " ".join(f"{number:>9}" for number in counts)
        line = f"{self.name:<34} {numbers} {self.seconds:>7.1f}  {verdict}"
        more = [self.note] if self.note else []
        return "\n    ".join([line, *more, *(f"! {sentence}" for sentence in self.broken)])


def heading() -> str:
    names = ("events", "lost", "doubled", "disorder", "undecided", "told")
    return f"{'attack':<34} {' '.join(f'{name:>9}' for name in names)} {'seconds':>7}"
