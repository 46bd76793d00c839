"""What the commands have in common that list rows: filters, a table or JSON, and `--watch`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from bridgekit.bridge import database_url
from bridgekit.cli.looking.watching import shown
from bridgekit.cli.options import load
from bridgekit.cli.output import console, show_json, show_table
from bridgekit.store.beside import reading
from bridgekit.store.listed import Sought
from bridgekit.store.reader import Reader

Word = Annotated[str, typer.Argument(metavar="WORD", help="Part of a name or an ID.")]
Network = Annotated[str, typer.Option("--network", metavar="NAME", help="Of this network.")]


@dataclass(frozen=True, slots=True)
class Listing:
    """`heads` and `cells` are for people, `record` for programs; `nothing` is said of no rows.

    `told` is what is said to people below the rows that are shown.
    """

    ask: Callable[[Reader, Sought], Awaitable[Sequence[Any]]]
    heads: Sequence[str]
    cells: Callable[[Any], Sequence[str]]
    record: Callable[[Any], dict[str, Any]]
    nothing: str
    told: Callable[[Sequence[Any]], str] = lambda _: ""

    def run(
        self,
        path: Path,
        sought: Sought,
        *,
        as_json: bool,
        watch: bool,
        fits: Callable[[Any], bool] = lambda _: True,
    ) -> None:
        """`fits` is what the database cannot tell."""
        shown(lambda: self._show(path, sought, fits, as_json=as_json), watch=watch)

    def _show(
        self, path: Path, sought: Sought, fits: Callable[[Any], bool], *, as_json: bool
    ) -> None:
        more = replace(sought, limit=sought.limit + 1)
        rows = [row for row in asyncio.run(self._rows(path, more)) if fits(row)]
        kept = rows[: sought.limit]
        if as_json:
            show_json([self.record(row) for row in kept])
            return
        if not kept:
            typer.echo(self.nothing)
            return
        show_table(console(), self.heads, map(self.cells, kept))
        if said := self.told(kept):
            typer.echo(said)
        if len(rows) > len(kept):
            typer.echo("There is more: see --limit.")

    async def _rows(self, path: Path, sought: Sought) -> Sequence[Any]:
        async with reading(database_url(load(path))) as reader:
            return await self.ask(reader, sought)
