"""One transaction for many operations: together, or one by one if one of them is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection

from bridgekit.store.failure import conflicts, store_failed

PROBE = "UPDATE meta SET value = value WHERE key = 'instance'"  # shows whether one can write
TRIES = 5  # of a transaction that met another one: a command beside the bridge ends in no time


class Step(Protocol):
    """What every transaction must be able to write, first of all."""

    def step(self, connection: Connection) -> None: ...

    def stepped(self) -> None: ...


class InDoubt(Exception):  # noqa: N818 (a question, not a fault)
    """The answer to a COMMIT was lost; if it took place, these are its results."""

    def __init__(self, results: Sequence[Any]) -> None:
        super().__init__("the answer to a commit was lost")
        self.results = results


def commit(
    connection: Connection, operations: Sequence[Any], fence: Step | None = None
) -> list[Any]:
    """Commit them all; one result each, an exception for one that cannot be written.

    Without operations it finds out whether anything can be written. Raises if the store itself
    fails; then nothing is committed, unless with a `fence` it is `InDoubt`.
    """
    for last in (*[False] * (TRIES - 1), True):
        try:
            return _commit(connection, operations, fence)
        except Exception as error:
            if last or not conflicts(error):
                raise
    raise AssertionError


def _commit(connection: Connection, operations: Sequence[Any], fence: Step | None) -> list[Any]:
    try:
        return _in_one(connection, fence, lambda: _together(connection, operations))
    except InDoubt:
        raise
    except Exception as error:
        if store_failed(error) or not operations:
            raise
        return _in_one(connection, fence, lambda: _one_by_one(connection, operations))


def _in_one(
    connection: Connection, fence: Step | None, write: Callable[[], list[Any]]
) -> list[Any]:
    results: list[Any] | None = None
    try:
        with connection.begin():
            if fence is not None:
                fence.step(connection)
            results = write()
    except Exception as error:
        if fence is not None and results is not None and store_failed(error):
            raise InDoubt(results) from error
        raise
    if fence is not None:
        fence.stepped()
    return results


def _together(connection: Connection, operations: Sequence[Any]) -> list[Any]:
    results: list[Any] = [None] * len(operations)
    if not operations:
        connection.exec_driver_sql(PROBE)
    for kind, places in _groups(operations):
        group = kind.apply(connection, [operations[place] for place in places])
        for place, result in zip(places, group, strict=True):
            results[place] = result
    return results


def _one_by_one(connection: Connection, operations: Sequence[Any]) -> list[Any]:
    results: list[Any] = [None] * len(operations)
    for kind, places in _groups(operations):
        for place in places:
            try:
                with connection.begin_nested():
                    (results[place],) = kind.apply(connection, [operations[place]])
            except Exception as error:
                if store_failed(error):
                    raise
                results[place] = error
    return results


def _groups(operations: Sequence[Any]) -> list[tuple[type[Any], list[int]]]:
    groups: dict[type[Any], list[int]] = {}
    for place, operation in enumerate(operations):
        groups.setdefault(type(operation), []).append(place)
    return sorted(groups.items(), key=lambda group: group[0].rank)
