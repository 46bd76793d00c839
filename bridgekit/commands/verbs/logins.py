"""`logins`: a person's own logins, and how each stands."""

from __future__ import annotations

from pydantic import BaseModel, Field

from bridgekit.adapter import LoginState
from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route, Where
from bridgekit.ids import LoginID, NetworkName, RemoteUserID
from bridgekit.login.accounts import account
from bridgekit.login.owners import Owners
from bridgekit.login_row import LoginKind, LoginRow
from bridgekit.networks import Networks
from bridgekit.permissions.permissions import Permissions
from bridgekit.permissions.rights import Right
from bridgekit.store.people import People


class ListLogins(Arguments):
    pass


class OneLogin(BaseModel):
    """A login. `called` is what its account goes by, with its ID; that alone where nobody tells.
    `speaks`: of several on a network, it is the one that speaks for its person. `configured`: the
    configuration holds it, so that nobody signs out of it.
    """

    login: LoginID
    network: NetworkName
    account: RemoteUserID | None
    called: str
    automatic: bool
    configured: bool
    state: LoginState
    why: str
    speaks: bool


class AllLogins(Answer):
    logins: list[OneLogin]
    of_bridge: list[OneLogin] = Field(
        description="To admins: those that are nobody's, which hear and speak for all."
    )


_SAID = {
    LoginState.OFFLINE: "not connected just now",
    LoginState.CONNECTING: "connecting",
    LoginState.ONLINE: "connected",
    LoginState.BACKOFF: "interrupted, I keep trying",
    LoginState.REFUSED: "not let in, sign in again",
}


NOT_LET_IN = "not let in, mend the configuration"
HELD = "the rules of this bridge let you have none there"


class _Logins:
    def __init__(
        self, people: People, owners: Owners, networks: Networks, permissions: Permissions
    ) -> None:
        self._people, self._owners = people, owners
        self._networks, self._permissions = networks, permissions

    async def run(self, asked: Asked[ListLogins]) -> AllLogins:
        rows = await self._people.of_person(asked.user)
        found = [self._described(row) for row in rows if row.kind is not LoginKind.LEAVING]
        lines = list(map(_line, found)) or ["You have no logins; `sign-in` makes one."]
        others = await self._people.of_bridge()
        ours = [self._described(row) for row in others if self._sees(asked, row)]
        lines += ["The bridge's own:", *map(_line, ours)] if ours else []
        return AllLogins(text="\n".join(lines), logins=found, of_bridge=ours)

    def _sees(self, asked: Asked[ListLogins], row: LoginRow) -> bool:
        """Whether they are told of a login of the bridge's own, and there is such a one today."""
        network = self._networks.get(row.network)
        there = network is not None and network.logins.known(row.id)
        may = asked.caller.operator or self._permissions.may(asked.user, Right.ADMIN, row.network)
        return may and (there or row.kind is LoginKind.SIGNED_IN)

    def _described(self, row: LoginRow) -> OneLogin:
        network = self._networks.get(row.network)
        state, why = LoginState.OFFLINE, ""
        if network is not None and network.logins.known(row.id):
            state, why = network.logins.state(row.id)
        elif row.kind is LoginKind.SIGNED_IN:
            may = row.owner is None or self._permissions.may(row.owner, Right.SIGN_IN, row.network)
            state = LoginState.REFUSED if may else LoginState.OFFLINE
            why = "it cannot be used" if may else HELD
        theirs = () if row.owner is None else self._owners.of(row.network, row.owner)
        return OneLogin(
            login=row.id,
            network=row.network,
            account=row.me,
            called=account(network, row.id, row.me),
            automatic=row.kind is LoginKind.AUTOMATIC,
            configured=row.kind is LoginKind.CONFIGURED,
            state=state,
            why=why,
            speaks=theirs[:1] == (row.id,),
        )


def logins(
    people: People, owners: Owners, networks: Networks, permissions: Permissions
) -> Command[ListLogins]:
    return Command(
        name="logins",
        help="List your logins and how they stand; to admins the bridge's own, too.",
        arguments=ListLogins,
        answer=AllLogins,
        run=_Logins(people, owners, networks, permissions).run,
        route=Route("GET", "/logins"),
        where=Where.ALONE,
    )


def _line(one: OneLogin) -> str:
    who = one.called or "somebody"
    said = NOT_LET_IN if one.configured and one.state is LoginState.REFUSED else _SAID[one.state]
    made = "made by itself" if one.automatic else "of the configuration" if one.configured else ""
    marks = [said, made, one.why]
    rest = ", ".join(filter(None, [*marks, "speaks for you" if one.speaks else ""]))
    return f"`{one.login}` on {one.network} as {who}: {rest}"
