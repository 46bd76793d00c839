"""How hard the fuzzing tries: the same few cases in every `make test`, others in `make fuzz`."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, Phase, settings

EFFORT = "BRIDGEKIT_FUZZ"  # how many times as many cases as in the short form
_TIMES = int(os.environ.get(EFFORT, "0"))


def times() -> int:
    """As said above; 0: the short form."""
    return _TIMES


def tries(count: int, **more: Any) -> settings:
    """So many cases in the short form, always the same ones."""
    return settings(
        max_examples=count * max(_TIMES, 1),
        derandomize=_TIMES == 0,
        deadline=None,
        print_blob=True,
        # To explain a failure each line is traced, which leaves no time to make it shorter.
        phases=set(Phase) - {Phase.explain},
        # Fixtures are kept over all cases on purpose: a bridge must outlive them all.
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.filter_too_much,
            HealthCheck.function_scoped_fixture,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
        ],
        **more,
    )
