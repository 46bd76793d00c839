"""What is news for sure, so that no lane need ask the store for each message that it brings.

The commit that stores a job says whether its message was known by then; what was decided since is
in memory. Where that has forgotten too much, or another process stored the job, the store is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bridgekit.ids import JobID
from bridgekit.lanes.aside import Aside
from bridgekit.models import Draft, Job
from bridgekit.store.familiar import Familiar, Place
from bridgekit.store.intake import Put
from bridgekit.store.writer import Writer


class News:
    """Of all lanes."""

    def __init__(self, writer: Writer, aside: Aside) -> None:
        self._writer, self._aside = writer, aside

    def of(self, batch: Put) -> Callable[[Sequence[JobID | None]], Iterator[Job]]:
        """Ask about a batch that is about to be stored; then, what makes jobs of it."""
        # From before the question on: what is decided in the same commit is noted after it.
        decisions, answers = self._aside.decisions, list[frozenset[Place]]()
        asked = [_place(draft) for draft in batch.drafts if draft.shows is not None]
        if asked:
            self._writer.submit(Familiar(asked), then=answers.append)

        def jobs(ids: Sequence[JobID | None]) -> Iterator[Job]:
            for draft, number in zip(batch.drafts, ids, strict=True):
                if number is not None:
                    fresh = draft.shows is not None and answers and _place(draft) not in answers[0]
                    yield draft.job(number, batch.at, unheard_of=decisions if fresh else None)

        return jobs

    def sure(self, job: Job) -> bool:
        """Whether nothing is known of the message that a job brings."""
        since = job.unheard_of
        return since is not None and self._aside.undecided_since(since, job.lane, job.source)


def _place(draft: Draft) -> Place:
    portal = draft.lane.portal
    assert portal is not None  # noqa: S101 (only what shows a message is asked about)
    return portal, draft.shows or ""
