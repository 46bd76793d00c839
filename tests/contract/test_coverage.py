"""Nothing that an adapter can declare is without a scenario, unless the reason is named here."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import get_args

import pytest

import bridgekit
from bridgekit import adapter_supports, supports
from bridgekit.events import Content, Raw
from bridgekit.testing.contract import AdapterContract, FakeNetwork
from tests.contract import mutants_asked, mutants_declared
from tests.contract.rules import MUTANTS

ELSEWHERE = {
    "SupportsChats": "test_after_a_broken_connection_both_sides_speak_on",
    "SupportsDownload": "test_a_file_is_seen",
    "SupportsLimits": "test_a_long_text_from_matrix_is_heard_to_its_last_word",
    "SupportsLookup": "test_a_lost_answer_never_doubles_a_message",
    "SupportsOwnLogins": "test_what_is_said_while_the_bridge_is_away_waits_for_it",
    "SupportsPlace": "test_what_is_known_of_the_chat_and_of_people_is_answered",
    "SupportsPacing": "test_what_is_said_on_matrix_is_heard_once_and_in_order",
    "SupportsSplit": "test_a_long_text_from_matrix_is_heard_to_its_last_word",
    "Moved": "test_a_chat_that_says_it_has_moved_goes_on",
    "Raw": "test_what_is_stored_as_it_came_is_converted_the_same_each_time",
}
"""What a scenario is about without asking for it: who does not have it passes otherwise.

Each has a mutant that breaks it, which that scenario notices.
"""

BREAKING = {
    "SupportsChats": mutants_declared.EntersOnce,
    "SupportsDownload": mutants_asked.LosesFiles,
    "SupportsLimits": mutants_declared.TakesAnyLength,
    "SupportsLookup": mutants_declared.FindsNothing,
    "SupportsOwnLogins": mutants_declared.IsAnotherEachTime,
    "SupportsPlace": mutants_declared.IsNowhere,
    "SupportsPacing": mutants_declared.HoldsUp,
    "SupportsSplit": mutants_declared.LosesTheRest,
    "Moved": "IgnoresMoved",
    "Raw": mutants_asked.ConvertsOnce,
}

UNUSED: dict[str, str] = {}
"""What the core does not ask for yet, with the reason."""

ROOT = Path(bridgekit.__file__).parents[1]
ADAPTERS = [
    *sorted((ROOT / "bridges").glob("*/adapter.py")),
    ROOT / "bridgekit/testing/loopback/adapter.py",
    ROOT / "examples/matrix-bridgekit-mqtt/matrix_bridgekit_mqtt/adapter.py",
    *sorted((ROOT / "bridgekit/cli/adapter-template").rglob("adapter.py")),
]

ABILITIES = [
    kind
    for module in (supports, adapter_supports)
    for name, kind in vars(module).items()
    if name.startswith("Supports") and kind.__module__ == module.__name__
]
CONTENTS = [*get_args(Content), Raw]
SCENARIOS = {
    name: getattr(AdapterContract, name) for name in dir(AdapterContract) if name[:5] == "test_"
}
NEEDS = {need for test in SCENARIOS.values() for need in getattr(test, "needs", ())}


@pytest.mark.parametrize("kind", [*ABILITIES, *CONTENTS], ids=lambda kind: kind.__name__)
def test_whatever_an_adapter_can_declare_has_a_scenario_or_a_reason(kind):
    name = kind.__name__
    found = [kind in NEEDS, name in ELSEWHERE, name in UNUSED]
    assert found.count(True) == 1, f"{name}: needed, elsewhere, unused: {found}"
    assert ELSEWHERE.get(name) in {None, *SCENARIOS}


def test_what_a_scenario_is_about_without_asking_for_it_has_a_mutant():
    noticed = {(one.what.__name__, f"test_{one.test}") for one in MUTANTS}
    named = {name: getattr(kind, "__name__", kind) for name, kind in BREAKING.items()}
    assert named.keys() == ELSEWHERE.keys()
    assert {(named[name], ELSEWHERE[name]) for name in named} <= noticed


def test_what_has_no_scenario_since_the_core_does_not_use_it_is_not_used_by_the_core():
    core = Path(inspect.getfile(bridgekit)).parent
    declared = {Path(inspect.getfile(one)) for one in (supports, adapter_supports, bridgekit)}
    sources = [path.read_text() for path in core.rglob("*.py") if path not in declared]
    assert not [name for name in UNUSED if any(name in source for source in sources)]


def test_every_verb_that_a_network_may_leave_out_is_needed_by_a_scenario():
    verbs = {
        name
        for name, verb in vars(FakeNetwork).items()
        if inspect.isfunction(verb) and "NotImplementedError" in inspect.getsource(verb)
    }
    assert verbs - {need for need in NEEDS if isinstance(need, str)} == {"whispered"}


@pytest.mark.parametrize("file", ADAPTERS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_adapter_states_the_version_that_it_was_written_for(file):
    made = [
        {word.arg: word.value for word in node.keywords}
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Manifest"
    ]
    assert made
    assert [ast.unparse(words["api"]) for words in made] == ["1"] * len(made)
