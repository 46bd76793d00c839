"""One transaction for many operations: together, or one by one if one of them is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from bridgekit.store.failure import store_failed

PROBE = "UPDATE meta SET value = value WHERE key = 'instance'"  # shows whether one can write


def commit(connection: Connection, operations: Sequence[Any]) -> list[Any]:
    """Commit them all; one result each, an exception for one that cannot be written.

    Without operations it finds out whether anything can be written. Raises if the store itself
    fails; then nothing is committed.
    """
    try:
        return _together(connection, operations)
    except Exception as error:
        if store_failed(error):
            raise
        return _one_by_one(connection, operations)


def _together(connection: Connection, operations: Sequence[Any]) -> list[Any]:
    results: list[Any] = [None] * len(operations)
    with connection.begin():
        if not operations:
            connection.exec_driver_sql(PROBE)
        for kind, places in _groups(operations):
            group = kind.apply(connection, [operations[place] for place in places])
            for place, result in zip(places, group, strict=True):
                results[place] = result
    return results


def _one_by_one(connection: Connection, operations: Sequence[Any]) -> list[Any]:
    results: list[Any] = [None] * len(operations)
    with connection.begin():
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
