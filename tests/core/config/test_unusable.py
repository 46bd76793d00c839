"""An adapter that cannot be used is a fault only where nothing else would run."""

from __future__ import annotations

import pytest

from bridgekit import ConfigError
from bridgekit.configuration.registration import build
from bridgekit.configuration.stand_in import StandIn
from tests.core.config.conftest import MINIMAL, Loader

TORN = """\
  torn:
    adapter: broken
    space: true
    what: nobody knows
    links: [{chat: a}]
"""


def test_beside_one_that_can_be_used_its_network_is_there_and_stays_off(
    configured: Loader,
) -> None:
    config = configured(MINIMAL + TORN)
    assert list(config.networks) == ["libera", "torn"]
    torn = config.networks["torn"]  # type: ignore[index]  # a name
    assert issubclass(torn.adapter, StandIn)
    assert torn.adapter.why == "The adapter broken is broken."
    assert (torn.links, torn.space) == ((), True)
    assert not issubclass(config.networks["libera"].adapter, StandIn)  # type: ignore[index]


def test_its_names_stay_ours(configured: Loader) -> None:
    text = build(configured(MINIMAL + TORN)).to_yaml()
    assert "^@torn_" in text
    assert "- 'broken'" in text


def test_alone_it_is_a_fault(configured: Loader) -> None:
    head, _, _ = MINIMAL.partition("  libera:")
    with pytest.raises(ConfigError, match=r"9:14 networks\.torn\.adapter: cannot be used: The ad"):
        configured(head + TORN)


def test_it_is_said_with_all_other_faults(configured: Loader) -> None:
    with pytest.raises(ConfigError) as raised:
        configured(MINIMAL.replace("server:", "sever:") + TORN)
    (used,) = [fault for fault in raised.value.faults if "cannot be used" in fault]
    assert "networks.torn.adapter" in used
    assert len(raised.value.faults) > 1


def test_what_does_not_depend_on_the_adapter_is_checked_all_the_same(configured: Loader) -> None:
    with pytest.raises(ConfigError, match=r"torn\.space: must be true or false"):
        configured(MINIMAL + TORN.replace("space: true", "space: perhaps"))
