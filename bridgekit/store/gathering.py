"""Queries to a file: those that are asked at the same time cross to its thread together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from sqlalchemy import Engine, PoolProxiedConnection, Row, TextClause
from sqlalchemy.engine import result_tuple

from bridgekit.store.failure import StoreDown, store_failed

Answer = asyncio.Future[Sequence[Row[Any]]]
Asked = tuple[TextClause, Mapping[str, Any], Answer]


class FileReader:
    """One connection on one thread. Each query sees what is committed when its turn comes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, "database reader")
        self._connection: PoolProxiedConnection | None = None
        self._asked: list[Asked] = []
        self._crossing = self._closed = False

    def ask(self, statement: TextClause, values: Mapping[str, Any]) -> Answer:
        loop = asyncio.get_running_loop()
        answer: Answer = loop.create_future()
        self._asked.append((statement, values, answer))
        if not self._crossing:
            self._crossing = True
            loop.call_soon(self._cross)  # with whatever else is asked in this turn of the loop
        return answer

    async def aclose(self) -> None:
        """What has crossed is answered; whoever asks from now on is told that it is too late.

        The thread ends even if whoever closes is cancelled.
        """
        self._closed = True
        over = asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown(wait=False)
        await asyncio.shield(over)

    def _cross(self) -> None:
        asked, self._asked = self._asked, []
        if self._closed:
            self._hand_out(asked, [StoreDown() for _ in asked])
            return
        loop = asyncio.get_running_loop()
        crossing = loop.run_in_executor(self._thread, self._look_up, asked)
        crossing.add_done_callback(lambda over: self._hand_out(asked, over.result()))

    def _hand_out(
        self, asked: Sequence[Asked], found: Sequence[list[Row[Any]] | Exception]
    ) -> None:
        for (_, _, answer), rows in zip(asked, found, strict=True):
            if answer.done():
                continue  # whoever asked was cancelled
            if isinstance(rows, Exception):
                answer.set_exception(rows)
            else:
                answer.set_result(rows)
        if self._asked:
            self._cross()
        else:
            self._crossing = False

    def _look_up(self, asked: Sequence[Asked]) -> list[list[Row[Any]] | Exception]:
        return [self._rows(statement.text, values) for statement, values, _ in asked]

    def _rows(self, statement: str, values: Mapping[str, Any]) -> list[Row[Any]] | Exception:
        try:
            if self._connection is None:
                self._connection = self._engine.raw_connection()
            # The driver's own: outside of a transaction, each query is one of its own.
            cursor = self._connection.cursor()
            cursor.execute(statement, values)
            make = _row(tuple(column[0] for column in cursor.description))
            return [make(row) for row in cursor.fetchall()]
        except Exception as error:  # noqa: BLE001 (it is the answer)
            if store_failed(error):
                self._disconnect()
            return error

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@cache
def _row(names: tuple[str, ...]) -> Any:
    return result_tuple(names)
