"""The contract notices: whatever rule an adapter breaks, a named test of it fails."""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bridgekit.supports import SupportsHistory
from bridgekit.testing.contract import AdapterContract, FakeNetwork
from bridgekit.testing.contract.story import Broken
from bridgekit.testing.loopback.adapter import LoopbackAdapter
from bridgekit.testing.loopback.equipped import (
    Commanded,
    EquippedAdapter,
    EquippedFake,
    EquippedNetwork,
)
from bridgekit.testing.loopback.fake import EchoingNetwork, LoopbackFake
from bridgekit.testing.loopback.keeping import Listening
from tests.contract import mutants, mutants_asked
from tests.contract.reasons import REASONS
from tests.contract.rules import MUTANTS, Mutant


class KeepsNothing(LoopbackFake):
    keeps = False


class Forgetful(mutants_asked.BeginsWithWhatIsNew):
    """As a client is to be where the network keeps nothing: it says that it does not resume."""

    resumes = False


def unmutated() -> Iterable[Mutant]:
    """Those that break no rule: one for each scenario and whatever a mutant of it is given."""
    found = {}
    for mutant in MUTANTS:
        given = (mutant.test, *mutant.network.items(), mutant.raw, mutant.keeps)
        sound = Commanded if mutant.equipped else Listening
        found[given] = replace(mutant, what=sound if mutant.keeps else Forgetful)
    return found.values()


class OnMutant(AdapterContract):
    """The contract, on a mutant, which breaks no rule of the core's."""

    crashes = 0.0

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant
        sound = EquippedAdapter if mutant.equipped else LoopbackAdapter
        own = issubclass(mutant.what, LoopbackAdapter)
        self.adapter = mutant.what if own else sound  # type: ignore[misc]  # of this one only

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        what = self._mutant.what
        equipped = self._mutant.equipped
        sound = Commanded if equipped else Listening
        client = what if issubclass(what, Listening) else sound
        options = {"lacks": frozenset({SupportsHistory}), **self._mutant.network}
        kind = EquippedNetwork if equipped else EchoingNetwork
        network = kind(extra=(client,), **options)
        whole = EquippedFake if equipped else LoopbackFake
        fake = whole if self._mutant.keeps else KeepsNothing
        yield fake(network, raw=self._mutant.raw)


def named(mutant: Mutant) -> str:
    return "-".join([mutant.what.__name__, mutant.test, *mutant.network])


@pytest.mark.parametrize("mutant", MUTANTS, ids=named)
def test_whoever_breaks_a_rule_fails_the_test_of_that_rule(mutant, request):
    mutants.LeaksThreads.over.clear()
    words = "|".join(map(re.escape, REASONS[mutant.test]))
    with pytest.raises(Broken, match=rf"\A.*({words})"):
        play(mutant, request)
    mutants.LeaksThreads.over.set()
    for left in mutants.LeaksSockets.left:
        left.close()


@pytest.mark.parametrize("sound", unmutated(), ids=named)
def test_whoever_breaks_none_passes_each_of_these_tests(sound, request):
    play(sound, request)


def play(mutant, request):
    """A scenario that is skipped would show nothing, so it is none."""
    test = getattr(OnMutant(mutant), f"test_{mutant.test}")
    try:
        test(*([request] if inspect.signature(test).parameters else []))
    except pytest.skip.Exception as skipped:
        raise AssertionError(f"it was not played: {skipped}") from skipped


def test_every_scenario_has_a_mutant_that_it_notices():
    scenarios = {name for name in dir(AdapterContract) if name.startswith("test_")}
    assert scenarios == {f"test_{mutant.test}" for mutant in MUTANTS}
