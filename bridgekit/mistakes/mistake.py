"""A mistake that people make when they set a bridge up, as `doctor` and the docs know it."""

from __future__ import annotations

from dataclasses import dataclass

from bridgekit.adapter_supports import Finding, Severity


@dataclass(frozen=True, slots=True)
class Mistake:
    """`id` never changes. `what`, `why` and `fix` are sentences that hold of every case of it."""

    id: str
    severity: Severity
    what: str
    why: str
    fix: str

    def found(self, text: str = "", fix: str = "") -> Finding:
        """A case of it: what exactly was seen, and what exactly to do about it."""
        return Finding(self.severity, text or self.what, fix or self.fix, self.id, self.why)


def error(id: str, what: str, why: str, fix: str) -> Mistake:  # noqa: A002 (what it is called)
    """The bridge cannot work like this, or somebody is harmed."""
    return Mistake(id, Severity.ERROR, what, why, fix)


def warning(id: str, what: str, why: str, fix: str) -> Mistake:  # noqa: A002 (see above)
    """Something will not work, or only as long as nothing else happens."""
    return Mistake(id, Severity.WARNING, what, why, fix)
