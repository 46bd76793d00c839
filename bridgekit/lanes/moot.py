"""The end of a job that asks for nothing any more, in either direction."""

from bridgekit.reasons import Reason


class Moot(Exception):  # noqa: N818 (an outcome, not a fault)
    """There is nothing to do, for a reason that a counter names."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason
