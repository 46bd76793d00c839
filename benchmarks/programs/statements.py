"""What the database's threads are at: processor time by kind of statement, and that of commits."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from sqlalchemy import Connection

from bridgekit.store import sql
from bridgekit.store.gathering import FileReader


class Statements:
    """Counts from now on; who has taken one of these functions before is not seen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._often: Counter[str] = Counter()
        self._ns: Counter[str] = Counter()
        self._time(sql, "run", lambda args: (_kind(args[1].text), len(args[2])))
        self._time(sql, "found", lambda args: (_kind(args[1].text), 1))
        self._time(sql, "one", lambda args: (_kind(args[1].text), 1))
        self._time(FileReader, "_rows", lambda args: (_kind(args[1]), 1))
        self._time(Connection, "_begin_impl", lambda _: ("begin", 1))
        self._time(Connection, "_commit_impl", lambda _: ("commit", 1))

    def taken(self) -> list[tuple[str, int, int]]:
        """Kinds, how many rows or queries, and nanoseconds: since they were taken last."""
        with self._lock:
            often, self._often = self._often, Counter()
            ns, self._ns = self._ns, Counter()
        return [(kind, count, ns[kind]) for kind, count in often.items() if count]

    def _time(
        self, where: Any, name: str, of: Callable[[tuple[Any, ...]], tuple[str, int]]
    ) -> None:
        """`of` is told the arguments, and says the kind and how many."""
        do = getattr(where, name)

        @wraps(do)
        def timed(*args: Any, **more: Any) -> Any:
            began = time.thread_time_ns()
            try:
                return do(*args, **more)
            finally:
                spent = time.thread_time_ns() - began
                kind, count = of(args)
                with self._lock:
                    self._often[kind] += count
                    self._ns[kind] += spent

        setattr(where, name, timed)


@cache
def _kind(statement: str) -> str:
    """As `insert job`, or the first word of what looks otherwise."""
    verb = statement.split(maxsplit=1)[0]
    found = re.search(r'(?i)^pragma (\w+)|(?:\binto|\bfrom|^update)\s+"?(\w+)', statement.strip())
    table = (found[1] or found[2]) if found else ""
    return f"{verb.lower()} {table}".strip()
