"""What every line of IRC may carry besides what it says: who, when, and enough of it."""

from datetime import datetime

from bridges.irc.wire import Line, MalformedLineError


def check(line: Line, needed: int) -> None:
    """Raise `MalformedLineError` where a line lacks what it needs."""
    if len(line.params) < needed or not all(line.params[:needed]):
        raise MalformedLineError(f"{line.command} without what belongs to it")
    if not line.source and line.command != "NOTICE":
        raise MalformedLineError(f"{line.command} from nobody")


def moment(line: Line) -> datetime | None:
    """IRCv3 server-time; None where the server gives none, or none that can be read."""
    try:
        moment = datetime.fromisoformat(line.tags.get("time", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
