"""Tables, which Telegram does not have, as text of a fixed width. Pure."""

from bridgekit import Table, plain

_WIDEST = 40  # columns that a cell of a table is padded to


def drawn(table: Table) -> str:
    """A table in a fixed width; a cell of several lines is one."""
    rows = [[" ".join(plain(cell).split()) for cell in row] for row in table.rows]
    columns = max(map(len, rows))
    widths = [
        min(max((len(row[column]) for row in rows if column < len(row)), default=0), _WIDEST)
        for column in range(columns)
    ]
    lines = [
        " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in rows
    ]
    if table.header and len(lines) > 1:
        lines.insert(1, "-+-".join("-" * width for width in widths))
    return "\n".join(lines)
