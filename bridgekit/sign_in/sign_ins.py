"""All sign-ins under way: begun, found again, ended; of each comes a whole login or nothing.

Which sign-ins there are is a row each, so that after a restart their people hear that they were
broken off. What was answered is in no row.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping

import structlog

from bridgekit.adapter_supports import SupportsLogin
from bridgekit.clock import Clock
from bridgekit.commands.refusals import NotPermitted, Unknown
from bridgekit.configuration.stand_in import StandIn
from bridgekit.errors import BridgekitError, LoginError, Rejected
from bridgekit.fault import fault_of
from bridgekit.ids import LoginID, NetworkName, RoomID, UserID
from bridgekit.login.candidates import Candidate, Candidates
from bridgekit.login.logins import OFF
from bridgekit.login.owners import Owners
from bridgekit.login_row import LoginKind, LoginRow
from bridgekit.networks import Network, Networks
from bridgekit.patience import once_stored
from bridgekit.permissions.permissions import Permissions
from bridgekit.permissions.rights import Right
from bridgekit.person.management import Management
from bridgekit.sign_in.broken_off import BrokenOff
from bridgekit.sign_in.flows import asked, end_all
from bridgekit.sign_in.redirects import Redirects
from bridgekit.sign_in.session import Session
from bridgekit.sign_in.steps import Finished
from bridgekit.store.people import People
from bridgekit.store.words import SignInRow, WordRows, forget_sign_in, save_sign_in
from bridgekit.store.writer import Writer

log = structlog.get_logger()

LASTS = 1800.0  # seconds for the whole of it
CONNECTS = 60.0  # seconds in which the network must have let somebody in
KEPT = 600.0  # seconds for which the end can be looked at
AT_ONCE = 200
MOST_LOGINS = 10  # of one person on one network


class SignIns:
    """Of all networks."""

    def __init__(
        self,
        networks: Networks,
        titles: Mapping[NetworkName, str],
        owners: Owners,
        candidates: Candidates,
        people: People,
        rows: WordRows,
        writer: Writer,
        permissions: Permissions,
        management: Management,
        redirects: Redirects,
        broken_off: BrokenOff,
        clock: Clock,
    ) -> None:
        self._networks, self._titles, self._owners = networks, titles, owners
        self._candidates, self._people, self._rows = candidates, people, rows
        self._writer, self._permissions = writer, permissions
        self._management, self._redirects = management, redirects
        self._broken_off, self._clock = broken_off, clock
        self._sessions: dict[str, Session] = {}
        self._tasks: asyncio.TaskGroup | None = None

    # For the fronts

    async def begin(
        self,
        user: UserID,
        network: NetworkName,
        *,
        again: LoginID | None = None,
        relay: bool = False,
        room: RoomID | None = None,
        unasked: bool = False,
    ) -> Session:
        """A new sign-in, in place of the one that they have under way there.

        `again` is a login that gets new credentials; `relay`: it will be the bridge's own.
        `room` is where they answer, if that is a chat. `unasked`: no rule is asked whether they
        may, as an operator says so. Raises `Rejected` with a sentence.
        """
        at_work = self._checked(network)
        if not unasked:
            self._check_right(user, network, relay=relay)
        row = None if again is None else await self._own(user, again, unasked=unasked)
        if row is not None and row.network != network:
            raise Rejected(f"This login is not one on {network}.")
        if row is None and len(await self._theirs(user, network)) >= MOST_LOGINS:
            raise Rejected(f"You have {MOST_LOGINS} logins there; sign out of one first.")
        for session in self._open(user, network):
            session.cancel()
        if self._tasks is None:
            raise Rejected("The bridge is just starting; try again in a moment.")
        if sum(not one.over for one in self._sessions.values()) >= AT_ONCE:
            raise Rejected("Too many people sign in just now; try again in some minutes.")
        if row is not None:  # whose it is, it stays
            relay = row.owner is None
        title = self._titles.get(network, network)
        session = Session(user, network, title, again, self._redirects, self._clock, relay=relay)
        await self._writer.write(save_sign_in(SignInRow(session.id, user, network, room)))
        self._sessions[session.id] = session
        if room is not None:
            self._broken_off.begin(session.id, room, user)
        self._tasks.create_task(self._whole(session, at_work), name="sign-in")
        return session

    async def end_all(self, which: Callable[[Session], bool]) -> None:
        """Give these up; nothing comes of them after that. Raises `Rejected`."""
        await end_all([one for one in self._sessions.values() if which(one)], self._clock)

    def find(self, user: UserID, number: str) -> Session:
        """Their own sign-in; `Rejected` where there is none."""
        session = self._sessions.get(number)
        if session is None or session.user != user:
            raise Rejected("There is no such sign-in (any more); begin a new one.")
        return session

    def _open(self, user: UserID, network: NetworkName) -> list[Session]:
        of_theirs = (one for one in self._sessions.values() if one.user == user)
        return [one for one in of_theirs if one.network == network and not one.over]

    def _check_right(self, user: UserID, network: NetworkName, *, relay: bool) -> None:
        right = Right.ADMIN if relay else Right.SIGN_IN
        decision = self._permissions.decide(user, right, network)
        if not decision.allowed:
            raise NotPermitted(decision.sentence, decision.rule)

    def _checked(self, name: NetworkName) -> Network:
        network = self._networks.get(name)
        if network is None:
            names = ", ".join(sorted(one.name for one in self._networks))
            raise Unknown(f"There is no such network; there are: {names}.")
        if isinstance(network.adapter, StandIn):
            raise Rejected(OFF)
        if not signs_in(network):
            raise Rejected(f"Nobody signs in to {name}: it needs no account of yours.")
        return network

    async def _own(self, user: UserID, login: LoginID, *, unasked: bool) -> LoginRow:
        """A login that they may sign in to again."""
        row = await self._people.login(login)
        theirs = row is not None and self._has(user, row, unasked=unasked)
        if row is None or not theirs or row.kind is not LoginKind.SIGNED_IN:
            raise Rejected("You have no such login that is signed in to.")
        return row

    def _has(self, user: UserID, row: LoginRow, *, unasked: bool) -> bool:
        """Whether it is theirs; the bridge's own are those of its admins on that network."""
        if row.owner is not None:
            return row.owner == user
        return unasked or self._permissions.may(user, Right.ADMIN, row.network)

    async def _theirs(self, user: UserID, network: NetworkName) -> list[LoginRow]:
        rows = await self._people.of_person(user)
        signed_in = (row for row in rows if row.kind is LoginKind.SIGNED_IN)
        return [row for row in signed_in if row.network == network]

    # At work

    async def run(self) -> None:
        """Hold the sign-ins, until cancelled; first tell of those that a restart broke off."""
        await once_stored(self._break_off_earlier, self._clock)
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                await asyncio.get_running_loop().create_future()
        finally:
            self._tasks = None

    async def recall(self) -> None:
        """Before anything is received: where people may still answer what they were asked."""
        for row in await self._rows.sign_ins():
            if row.room is not None:
                self._broken_off.recall(row.id, row.room, row.user)

    async def _break_off_earlier(self) -> None:
        for row in await self._rows.sign_ins():
            title = self._titles.get(row.network, row.network)
            text = f"Your sign-in to {title} was broken off, as the bridge was restarted."
            key = f"sign-in {row.id} broken off"
            await self._management.tell_with(forget_sign_in(row.id), row.user, text, key)

    async def _whole(self, session: Session, network: Network) -> None:
        """From the first step to the last, and for a while after that."""
        try:
            await self._until_given_up(session, network)
        finally:
            session.finish("This sign-in was given up.")
            session.ended.set()
        led_to = session.step.login if isinstance(session.step, Finished) else None
        if led_to is None and not session.cancelled.is_set():
            self._broken_off.over(session.id)  # they may not have seen it, and answer once more
        else:
            self._broken_off.end(session.id)
        await once_stored(lambda: self._writer.write(forget_sign_in(session.id)), self._clock)
        await self._clock.sleep(KEPT)
        self._broken_off.end(session.id)
        self._sessions.pop(session.id, None)

    async def _until_given_up(self, session: Session, network: Network) -> None:
        signing_in = asyncio.create_task(self._sign_in(session, network), name="sign-in flow")
        given_up = asyncio.create_task(session.cancelled.wait())
        try:
            async with self._clock.timeout(LASTS):
                await asyncio.wait({signing_in, given_up}, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            session.finish("This sign-in took too long; begin a new one.")
        finally:
            for task in (signing_in, given_up):
                task.cancel()
            await asyncio.wait({signing_in, given_up})

    async def _sign_in(self, session: Session, network: Network) -> None:
        try:
            await self._tried(session, network, await asked(session, network))
        except BridgekitError as error:
            session.fail(str(error))
        except Exception as error:  # noqa: BLE001 (an adapter's: whatever it was, nothing is kept)
            fault = fault_of(error, network.adapter)
            log.warning("a sign-in failed", network=session.network, error=fault)
            session.finish("This sign-in failed, which is not your fault; the log says why.")

    async def _tried(
        self, session: Session, network: Network, credentials: Mapping[str, str]
    ) -> None:
        """Have the network let them in; what it does not let in leaves everything as it was."""
        session.connecting()
        login = session.login or LoginID(f"{network.name}:{secrets.token_hex(8)}")
        owner = None if session.relay else session.user
        candidate = Candidate(
            *(session.id, network.name, session.title, login, session.user, owner, credentials),
            again=session.login is not None,
        )
        self._candidates.add(candidate)
        try:
            await self._connect(candidate, network)
        finally:
            await self._settle(candidate, network)
            self._candidates.drop(candidate)
            if candidate.kept is not None:
                self._retire_automatic(candidate, network)
                session.finish(candidate.sentence, candidate.kept.id)

    def _retire_automatic(self, candidate: Candidate, network: Network) -> None:
        """Nobody is to be on a network twice, with and without their account."""
        owner = candidate.owner
        theirs = () if owner is None else self._owners.of(network.name, owner)
        for login in theirs:
            if not self._owners.signed_in(login):
                network.logins.crowd.retire(login)

    async def _connect(self, candidate: Candidate, network: Network) -> None:
        row = LoginRow(candidate.login, network.name, candidate.owner, kind=LoginKind.SIGNED_IN)
        login = self._owners.as_login(row, candidate.credentials)
        try:
            await network.logins.attempt(login, CONNECTS)
        except LoginError:
            if candidate.kept is None:
                raise
        except TimeoutError as error:
            if candidate.kept is None:
                why = f"{candidate.title} could not be reached to let you in; try again later."
                raise LoginError(why) from error

    async def _settle(self, candidate: Candidate, network: Network) -> None:
        """The network has what is stored, and nothing else."""
        kept = await self._candidates.decided(candidate)
        if kept is not None and kept.id == candidate.login:
            return
        if not candidate.again:
            await network.logins.close(candidate.login)
        stored = kept or await self._people.login(candidate.login)
        if stored is not None and stored.kind is LoginKind.SIGNED_IN:
            login = self._owners.opened(stored)
            if login is not None:
                await network.logins.restart(login)


def signs_in(network: Network) -> bool:
    """Whether people have anything to sign in with there."""
    adapter = network.adapter
    return isinstance(adapter, SupportsLogin) or bool(adapter.manifest.login)
