"""`logins`: a person's own logins, and how each stands."""

from __future__ import annotations

from pydantic import BaseModel

from bridgekit.adapter import LoginState
from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route, Where
from bridgekit.ids import LoginID, NetworkName, RemoteUserID
from bridgekit.login.owners import Owners
from bridgekit.login_row import LoginKind, LoginRow
from bridgekit.networks import Networks
from bridgekit.permissions.permissions import Permissions
from bridgekit.permissions.rights import Right
from bridgekit.store.people import People


class ListLogins(Arguments):
    pass


class OneLogin(BaseModel):
    """A login. `speaks`: of several on a network, it is the one that speaks for its person."""

    login: LoginID
    network: NetworkName
    account: RemoteUserID | None
    automatic: bool
    state: LoginState
    why: str
    speaks: bool


class AllLogins(Answer):
    logins: list[OneLogin]


_SAID = {
    LoginState.OFFLINE: "not connected just now",
    LoginState.CONNECTING: "connecting",
    LoginState.ONLINE: "connected",
    LoginState.BACKOFF: "interrupted, I keep trying",
    LoginState.REFUSED: "not let in, sign in again",
}


HELD = "the rules of this bridge let you have none there"


def logins(
    people: People, owners: Owners, networks: Networks, permissions: Permissions
) -> Command[ListLogins]:
    def described(row: LoginRow) -> OneLogin:
        network = networks.get(row.network)
        state, why = LoginState.OFFLINE, ""
        if network is not None and network.logins.known(row.id):
            state, why = network.logins.state(row.id)
        elif row.kind is LoginKind.SIGNED_IN:
            held = row.owner is not None and not permissions.may(
                row.owner, Right.SIGN_IN, row.network
            )
            state = LoginState.OFFLINE if held else LoginState.REFUSED
            why = HELD if held else "it cannot be used"
        theirs = () if row.owner is None else owners.of(row.network, row.owner)
        return OneLogin(
            login=row.id,
            network=row.network,
            account=row.me,
            automatic=row.kind is LoginKind.AUTOMATIC,
            state=state,
            why=why,
            speaks=theirs[:1] == (row.id,),
        )

    async def run(asked: Asked[ListLogins]) -> AllLogins:
        rows = await people.of_person(asked.user)
        found = [described(row) for row in rows if row.kind is not LoginKind.LEAVING]
        text = "\n".join(map(_line, found)) or "You have no logins; `sign-in` makes one."
        return AllLogins(text=text, logins=found)

    return Command(
        name="logins",
        help="List your logins and how they stand.",
        arguments=ListLogins,
        answer=AllLogins,
        run=run,
        route=Route("GET", "/logins"),
        where=Where.ALONE,
    )


def _line(one: OneLogin) -> str:
    who = one.account or "somebody"
    marks = [_SAID[one.state], "made by itself" if one.automatic else "", one.why]
    rest = ", ".join(filter(None, [*marks, "speaks for you" if one.speaks else ""]))
    return f"`{one.login}` on {one.network} as {who}: {rest}"
