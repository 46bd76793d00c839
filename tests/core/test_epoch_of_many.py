"""A copy in which very much was open is put in doubt in few commits (delivery rule 27)."""

from __future__ import annotations

from bridgekit import epoch as epoch_module
from bridgekit.epoch import Epoch
from bridgekit.ids import PortalID
from bridgekit.models import Draft, PartState, lane_to_matrix, lane_to_network
from bridgekit.signing import Signer
from bridgekit.store import writer as writer_module
from bridgekit.store.intake import Put
from bridgekit.store.jobs import Jobs
from bridgekit.store.people import People
from bridgekit.store.store import open_store
from bridgekit.testing.clock import VirtualClock


class Ahead:
    """A homeserver that knows of more than any database here."""

    def __init__(self) -> None:
        self.known = {"count": 10**6}

    async def kept(self, _: str) -> dict[str, object]:
        return self.known

    async def keep(self, _: str, content: dict[str, object]) -> None:
        self.known = content


def drafts(count):
    for number in range(count):
        lane = lane_to_network(PortalID(number % 3)) if number % 10 else lane_to_matrix(PortalID(1))
        yield Draft(lane, f"k{number}", "m.room.message", "{}", f"${number}", 1, (f"k{number}",))


async def test_rule_27_many_open_jobs_are_put_in_doubt_in_few_commits(database, monkeypatch):
    monkeypatch.setattr(epoch_module, "TOGETHER", 100)
    batches = []
    commit = writer_module.commit

    def noted(connection, operations, fence):
        batches.append([type(one).__name__ for one in operations])
        return commit(connection, operations, fence)

    monkeypatch.setattr(writer_module, "commit", noted)
    clock = VirtualClock()
    async with open_store(database, clock) as store:
        await store.writer.write(Put(list(drafts(500)), at=1))
        jobs, people, signer = Jobs(store.reader), People(store.reader), Signer(b"key", "instance")
        homeserver = Ahead()
        epoch = Epoch(people, jobs, store.writer, signer, homeserver, "instance", lambda: 0, clock)
        homeserver.known["database"] = epoch._name

        async def nothing():
            pass

        await epoch.begin(nothing)
        doubtful = [batch.count("SaveParts") for batch in batches if "SaveParts" in batch]
        assert doubtful == [100, 100, 100, 100, 50]
        assert len(await jobs.planned()) == 450
        (part,) = await jobs.parts(next(iter(await jobs.planned())))
        assert part.state is PartState.DOUBT
