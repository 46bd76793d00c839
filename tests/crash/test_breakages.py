"""Every mutation can be tried: what it changes is there, and so is the test that must notice."""

from __future__ import annotations

import ast
import re

import pytest

from tests.crash.breakages import MUTATIONS, Mutation
from tests.crash.mutations import ROOT, applied


def test_every_rule_of_delivery_is_broken_by_one_at_least():
    named = re.findall(r"::test_rule_(\d\d)_", " ".join(one.test for one in MUTATIONS))
    assert {int(number) for number in named} >= set(range(1, 28))


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_every_breakage_fits_and_its_test_exists(mutation: Mutation):
    source = (ROOT / mutation.file).read_text("utf-8")
    mutated = applied(mutation, source)
    assert mutated != source
    compile(mutated, mutation.file, "exec")
    file, _, name = mutation.test.partition("::")
    tests = ast.parse((ROOT / file).read_text("utf-8")).body
    found = [one for one in tests if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert name in {one.name for one in found}
