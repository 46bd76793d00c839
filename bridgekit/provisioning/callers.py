"""Who calls the API: by a token of the bridge, of the homeserver, or of the operator."""

from __future__ import annotations

from dataclasses import dataclass

from bridgekit.clock import Clock
from bridgekit.commands.caller import Caller, Via
from bridgekit.errors import RetryLater
from bridgekit.ids import UserID
from bridgekit.lanes.journey import millis
from bridgekit.lru import LRU
from bridgekit.matrix.identity import Identity
from bridgekit.namespaces import Namespaces
from bridgekit.pacing import Pacing
from bridgekit.provisioning.tokens import (
    API,
    OPERATOR,
    SESSION,
    digest,
    fresh,
    operator_token,
    same,
)
from bridgekit.store.api_tokens import APITokens, save_token_used
from bridgekit.store.writer import Writer

SESSION_LASTS = 3600.0  # seconds
BELIEVED = 300.0  # seconds for which the homeserver is not asked again
KEPT = 10_000
# Anybody may show us any token: the homeserver is not to be asked about all of them.
ASKING = {"rate": 5.0, "burst": 50.0}
REMEMBER_USE = 60_000  # milliseconds; a token's last use need not be known more exactly


@dataclass(frozen=True, slots=True)
class _Known:
    caller: Caller
    until: float


class Callers:
    """What is known of tokens is kept by their digests, never by themselves."""

    def __init__(
        self,
        identity: Identity,
        tokens: APITokens,
        writer: Writer,
        namespaces: Namespaces,
        signing_key: bytes,
        clock: Clock,
    ) -> None:
        self._identity, self._tokens, self._writer = identity, tokens, writer
        self._namespaces, self._clock = namespaces, clock
        self._operator = operator_token(signing_key)
        self._known: LRU[str, _Known] = LRU(KEPT)
        self._pacing = Pacing(clock)

    async def of(self, token: str) -> Caller | None:
        """Whose token it is; None if it is nobody's. Raises `RetryLater`."""
        if token.startswith(OPERATOR):
            operator = Caller(self._namespaces.bot_mxid, Via.OPERATOR)
            return operator if same(token, self._operator) else None
        if token.startswith(API):
            return await self._of_api_token(digest(token))
        known = self._known.get(digest(token))
        if known is not None and self._clock.monotonic() < known.until:
            return known.caller
        if token.startswith(SESSION):
            return None
        if known is None:  # who was known stands behind no strangers
            self._ask()
        return self._keep(await self._identity.of_token(token), token, Via.MATRIX_TOKEN, BELIEVED)

    async def begin(self, server: str, openid: str) -> tuple[str, Caller] | None:
        """A session for whoever shows an OpenID token of their homeserver; None: for nobody."""
        self._ask()
        user = await self._identity.of_openid(server, openid)
        token = fresh(SESSION)
        caller = self._keep(user, token, Via.OPENID, SESSION_LASTS)
        return None if caller is None else (token, caller)

    def _ask(self) -> None:
        if not self._pacing.spare(("ask",), **ASKING):
            raise RetryLater("Too many who are not known yet ask at once", after=1.0)

    def _keep(self, user: UserID | None, token: str, via: Via, lasts: float) -> Caller | None:
        if user is None or self._namespaces.is_ours(user):
            self._known.forget(digest(token))
            return None
        caller = Caller(user, via)
        self._known.put(digest(token), _Known(caller, self._clock.monotonic() + lasts))
        return caller

    async def _of_api_token(self, known_by: str) -> Caller | None:
        found, now = await self._tokens.find(known_by), millis(self._clock)
        if found is None or 0 < found.expires <= now:
            return None
        if found.made_by and await self._tokens.find(found.made_by) is None:
            return None  # it was made while the one that made it was revoked
        if now - found.used_at > REMEMBER_USE:
            self._writer.submit(save_token_used(known_by, now))
        return Caller(found.owner, Via.API_TOKEN, found.scopes, known_by, found.expires)
