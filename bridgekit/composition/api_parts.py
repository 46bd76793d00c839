"""What a running bridge consists of that serves the API to programs."""

from __future__ import annotations

from importlib.metadata import version

from aiohttp import ClientSession

from bridgekit.commands.audit import Audit
from bridgekit.commands.giving import Giving
from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.matrix.identity import Identity
from bridgekit.provisioning.api import API
from bridgekit.provisioning.callers import Callers
from bridgekit.provisioning.repeating import Repeating
from bridgekit.store.api_tokens import APITokens


def api(
    bridge: Foundation, stored: StoreSide, giving: Giving, audit: Audit, session: ClientSession
) -> API:
    config, domain = bridge.config, bridge.config.homeserver.domain
    callers = Callers(
        identity=Identity(session, domain, config.homeserver.url, config.api.openid),
        tokens=APITokens(stored.store.reader),
        writer=stored.store.writer,
        namespaces=config.namespaces,
        signing_key=config.appservice.signing_key,
        clock=bridge.clock,
    )
    repeating = Repeating(audit, bridge.clock)
    return API(giving, callers, repeating, bridge.clock, version("matrix-bridgekit"))
