"""What makes a test of a story between Alice and the network, and what it needs to be played."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import wraps
from inspect import getfile
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType, TracebackType
from typing import Any, ClassVar, Protocol

import pytest

from bridgekit import adapter_supports, supports
from bridgekit.adapter import Adapter
from bridgekit.configuration.plugins import misfit
from bridgekit.testing.contract.network import FakeNetwork
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.staging import staged
from bridgekit.testing.contract.story import Broken
from bridgekit.testing.contract.timing import Time, play
from bridgekit.testing.contract.unawaited import all_awaited
from bridgekit.testing.memory import memory


class Subject(Protocol):
    """What is tested: an adapter, and how to get a network for it. See `AdapterContract`."""

    adapter: ClassVar[type[Adapter[Any]]]
    sockets: ClassVar[bool]
    crashes: ClassVar[float]

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]: ...


class Lacking(Exception):  # noqa: N818 (a finding)
    """What a scenario needs and does not find; the report says so."""


Scene = Callable[[Any, Stage], Awaitable[None]]
Test = Callable[[Any], None]


def scenario(
    *needs: str | type, unprepared: bool = False, sockets: bool = False
) -> Callable[[Scene], Test]:
    """Make a test of a method that is given a stage on which both sides have spoken.

    `needs` are verbs of the network, abilities (`SupportsEdit`) and kinds of content that people
    on the network can do (`Edit`): where one is missing, the test is skipped and says which. They
    are kept as the test's `needs`.
    `unprepared`: no bridge runs yet. `sockets`: it is about real ones, so it is never in memory.
    """

    def decorate(scene: Scene) -> Test:
        @wraps(scene)
        def test(self: Subject) -> None:
            async def played(time: Time) -> None:
                async with stage_of(self, time) as stage:
                    _beforehand(stage, needs)
                    with _fitting(stage):
                        if not unprepared:
                            await stage.start()
                            await stage.meet()
                            _abilities(stage, needs)
                        await scene(self, stage)

            try:
                with all_awaited():
                    play(played, sockets=sockets or self.sockets)
            except Lacking as lacking:
                pytest.skip(str(lacking))
            except Exception as error:  # noqa: BLE001 (it is raised again)
                __tracebackhide__ = True
                raise error.with_traceback(_shown(scene, error.__traceback__)) from error.__cause__

        test.__dict__["needs"] = needs
        del test.__dict__["__wrapped__"]  # its parameters are those of the test, not of the scene
        return test

    return decorate


@asynccontextmanager
async def stage_of(subject: Subject, time: Time) -> AsyncIterator[Stage]:
    """A network of the author's, and all that stands around it; on a disk in memory, if it can."""
    fault = misfit(subject.adapter)
    if fault is not None:
        raise Broken(f"The adapter {subject.adapter!r} {fault}.")
    with TemporaryDirectory(prefix="contract-", dir=memory()) as folder:
        async with (
            subject.network() as network,
            staged(
                Path(folder), time, subject.adapter, network, homes=_homes(subject, network)
            ) as stage,
        ):
            yield stage


@contextmanager
def _fitting(stage: Stage) -> Iterator[None]:
    """Whatever does not fit is said first: what else is found would follow from it."""
    try:
        yield
    except Exception:
        stage.watch.expect_fitting()
        raise
    stage.watch.expect_fitting()


def _homes(subject: Subject, network: FakeNetwork) -> list[Path]:
    """Where the author's code is."""
    kinds = (subject.adapter, type(subject), type(network))
    return [Path(getfile(kind)).resolve().parent for kind in kinds]


def _shown(scene: Scene, trace: TracebackType | None) -> TracebackType | None:
    """Of where an error came from, what its reader can do something about.

    That is the step of the scenario, and the author's own code; of the rest the innermost, if
    there is nothing else.
    """
    steps = {getattr(one, "__code__", None) for one in (scene, Stage.start, Stage.meet)}
    came = list(_links(trace))
    shown = [one for one in came if one.tb_frame.f_code in steps or _is_authors(one.tb_frame)]
    chain = None
    for one in reversed(shown or came[-1:]):
        chain = TracebackType(chain, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return chain


def _links(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _is_authors(frame: FrameType) -> bool:
    """Or a library's."""
    package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    return package != "bridgekit" and package not in sys.stdlib_module_names


def _beforehand(stage: Stage, needs: Sequence[str | type]) -> None:
    """What can be known while nobody is connected."""
    network = stage.network
    for need in needs:
        if isinstance(need, str):
            if not network.has(need):
                raise Lacking(f"the network has no `{need}`")
        elif need.__module__ == adapter_supports.__name__:
            if not issubclass(stage.adapter, need):
                raise Lacking(f"the adapter does not declare {need.__name__}")
        elif not _of_client(need) and need not in network.kinds:
            raise Lacking(f"the network's `kinds` have no {need.__name__}")


def _abilities(stage: Stage, needs: Sequence[str | type]) -> None:
    for need in needs:
        if isinstance(need, type) and _of_client(need) and not isinstance(stage.client, need):
            raise Lacking(f"the client does not declare {need.__name__}")


def _of_client(need: type) -> bool:
    return need.__module__ == supports.__name__
