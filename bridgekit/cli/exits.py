"""How a command ends: the exit codes of docs/operators.md, and the exception that carries one."""

from enum import IntEnum

from bridgekit.errors import AddressError, ConfigError, DatabaseError


class Exit(IntEnum):
    """Supervisors rely on these; never renumbered."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    CONFIG = 3
    FOUND = 4  # doctor or adapters found an error, or queue and trace found nothing of that name
    DATABASE = 5
    ADDRESS = 6
    AT_ONCE = 130  # as a shell reports a SIGINT


class Failure(Exception):  # noqa: N818 (an end of the command, not a fault of the program)
    """Ends the command with a sentence for the person who typed it."""

    def __init__(self, code: Exit, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def expected(error: BaseException) -> Failure | None:
    """The end that an error means; None if it is not one that was expected.

    A task group wraps what leaves it, so that a `ConfigError` may come inside a group.
    """
    if isinstance(error, Failure):
        return error
    if isinstance(error, ConfigError):
        return Failure(_code(error), str(error))
    if isinstance(error, BaseExceptionGroup):
        return next(filter(None, map(expected, error.exceptions)), None)
    return None


def _code(error: ConfigError) -> Exit:
    if isinstance(error, DatabaseError):
        return Exit.DATABASE
    return Exit.ADDRESS if isinstance(error, AddressError) else Exit.CONFIG
