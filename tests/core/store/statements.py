"""All queries and changes that the store knows, as the driver of a database gets them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

from sqlalchemy import TextClause

from bridgekit import store as package
from bridgekit.store import retention, sql

OF_ONE_DATABASE = {"fence", "postgresql", "sizes"}


def statements(dialect: Any) -> Iterator[tuple[str, str]]:
    for found in pkgutil.iter_modules(package.__path__):
        if found.ispkg or found.name in OF_ONE_DATABASE:
            continue
        module = importlib.import_module(f"{package.__name__}.{found.name}")
        for name, value in vars(module).items():
            if isinstance(value, TextClause) and found.name not in {"tables", "kind_tables"}:
                yield f"{found.name}.{name}", str(value.compile(dialect=dialect))
    for rule, forgetting in retention._STATEMENTS.items():
        for statement in forgetting:
            yield f"retention of {rule.table.name}", str(statement.compile(dialect=dialect))
    for table, column in (("transaction", "digest"), ("seen", "key"), ("job", "key")):
        query = f'SELECT "{column}" FROM "{table}" WHERE "{column}" IN'
        ((statement, _),) = sql.among(query, ["a", "b"])
        yield f"known {table}", str(statement.compile(dialect=dialect))
