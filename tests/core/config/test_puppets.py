"""Double puppets and relays in the configuration, and what is wrong with them."""

from __future__ import annotations

import pytest

from tests.core.config.conftest import MINIMAL, Loader, faults_of


def test_without_a_word_there_are_no_puppets_and_the_networks_own_login_relays(
    configured: Loader,
) -> None:
    config = configured(MINIMAL)
    assert config.double_puppets == {}
    (libera,) = config.networks.values()
    assert (libera.relay.default, libera.relay.name) == (None, "{name}")


def test_puppets_are_by_homeserver(configured: Loader) -> None:
    config = configured(
        f"{MINIMAL}double_puppets:\n"
        "  example.org: {as_token: of-its-own}\n"
        "  other.org: {url: https://matrix.other.org/}\n"
    )
    own, other = config.double_puppets.values()
    assert own.as_token is not None
    assert own.as_token.get_secret_value() == "of-its-own"
    assert (other.as_token, other.url) == (None, "https://matrix.other.org")


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ("{example.org: {as_token: as-secret}}", "is the bridge's own"),
        ("{example.org: {}}", "says nothing"),
        ("{other.org: {as_token: x}}", "needs a url"),
        ("{'@a:example.org': {as_token: x}}", "is no server name"),
        ("{example.org: {as_token: 'two words'}}", "must be ASCII without spaces"),
        ("{example.org: {secret: x}}", "is no known key"),
    ],
)
def test_what_is_wrong_with_puppets_is_said(configured: Loader, wrong: str, fault: str) -> None:
    found = "\n".join(faults_of(configured, f"{MINIMAL}double_puppets: {wrong}\n"))
    assert fault in found
    assert "as-secret" not in found


def test_a_name_for_relayed_people_that_is_no_template_is_said(configured: Loader) -> None:
    (found,) = faults_of(configured, f"{MINIMAL}    relay: {{name: '{{nick}}'}}\n")
    assert "networks.libera.relay.name" in found
    assert "is no template for a name" in found
