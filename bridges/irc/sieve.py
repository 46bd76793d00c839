"""A reader that wakes nobody for data of which surely nothing comes.

A subclass, as asyncio's protocol puts what comes into its reader, and asks nobody first.
"""

import asyncio
from collections.abc import Callable


class Sieve(asyncio.StreamReader):
    """`drops` is asked of what comes while somebody waits for it, before that is kept.

    All before it is done with then, so it is judged as it would be a turn of the loop later.
    """

    drops: Callable[[bytes], bool] | None = None

    def feed_data(self, data: bytes) -> None:  # type: ignore[override]  # it is always bytes
        if self.drops is not None:
            if self.drops(data):
                return
            self.drops = None  # what comes next is behind this, which nobody has looked at yet
        super().feed_data(data)
