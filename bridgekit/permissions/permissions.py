"""Decides who may do what, and names the line of the configuration that decided. Pure.

The line of the whole MXID is asked before that of the server, and that one before "*"; within a
line, what it says of the network before what it says of all. No two lines are ever mixed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bridgekit.ids import NetworkName, UserID
from bridgekit.permissions.rights import DOING, LEAST, Level, Right

EVERYBODY = "*"
ALLOW, DENY = "allow", "deny"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line: a level, what is allowed or denied besides, and what differs on a network.

    `commands` says `ALLOW` or `DENY` of a command by its name. Where a right is in both lists, it
    is denied. What `networks` says of one replaces the line there.
    """

    level: Level
    allow: frozenset[Right] = frozenset()
    deny: frozenset[Right] = frozenset()
    commands: Mapping[str, str] = field(default_factory=dict)
    networks: Mapping[NetworkName, Rule] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """`rule` is the place in the configuration that decided; "" if none is about this person."""

    allowed: bool
    rule: str
    sentence: str


class Permissions:
    """`rules` maps a full MXID, a homeserver's name or "*" to a rule, or to nothing but a level."""

    def __init__(self, rules: Mapping[str, Rule | Level]) -> None:
        self._rules = rules

    def replace(self, rules: Mapping[str, Rule | Level]) -> None:
        """From now on these decide."""
        self._rules = rules

    def level(self, user: UserID, network: NetworkName | None = None) -> Level:
        """The level of a user; who is not covered is blocked."""
        rule, _ = self._of(user, network)
        return rule.level

    def rule(self, user: UserID, network: NetworkName | None = None) -> str:
        """Where the configuration speaks of a user; "" where it does not."""
        _, at = self._of(user, network)
        return at

    def decide(self, user: UserID, right: Right, network: NetworkName | None = None) -> Decision:
        """Whether `user` has this right (on this network)."""
        rule, at = self._of(user, network)
        return _decided(rule, at, right, DOING[right])

    def may(self, user: UserID, right: Right, network: NetworkName | None = None) -> bool:
        return self.decide(user, right, network).allowed

    def admins(self) -> list[UserID]:
        """Whoever is named as one, each by a line of their own."""
        people = [UserID(who) for who in self._rules if who.startswith("@")]
        return [user for user in people if self.may(user, Right.ADMIN)]

    def named(self) -> set[tuple[str, str]]:
        """Every command that a line names, and where."""
        found = set()
        for who in self._rules:
            rule, at = self._line(who)
            networks = [(one, f"{at}.networks.{name}") for name, one in rule.networks.items()]
            for one, place in [(rule, at), *networks]:
                found |= {(name, f"{place}.commands.{name}") for name in one.commands}
        return found

    def blocked(self, user: UserID) -> bool:
        """Whether there is nothing at all that `user` may do, on any network."""
        return not self._anywhere(user, Right)

    def invite_bot(self, user: UserID) -> Decision:
        """Whether `user` may have the bot in their rooms: who may do more than speak, anywhere."""
        rule, at = self._of(user, None)
        allowed = self._anywhere(user, [right for right in Right if right is not Right.SPEAK])
        doing = "have this bridge's bot in your rooms"
        return _decision(at, doing, f"your level is {rule.level}", allowed=allowed)

    def _anywhere(self, user: UserID, rights: Iterable[Right]) -> bool:
        rule, at = self._of(user, None)
        theirs, wanted = (rule, *rule.networks.values()), tuple(rights)
        return any(_decided(one, at, right, "").allowed for one in theirs for right in wanted)

    def command(
        self, user: UserID, name: str, right: Right | None, network: NetworkName | None = None
    ) -> Decision:
        """Whether `user` may give this command; `right` None: everybody who is not blocked may."""
        rule, at = self._of(user, network)
        doing = f"use the command {name}"
        named = rule.commands.get(name)
        if named is not None:
            return _decision(f"{at}.commands.{name}", doing, "it is denied", allowed=named == ALLOW)
        if right is None:
            allowed = not self.blocked(user)
            return _decision(at, doing, f"your level is {rule.level}", allowed=allowed)
        return _decided(rule, at, right, doing if right is Right.ADMIN else DOING[right])

    def somewhere(self, user: UserID, name: str, right: Right | None) -> Decision:
        """The same of one that is about no network: who may on any, unless it is named, may."""
        found, (rule, _) = self.command(user, name, right), self._of(user, None)
        if found.allowed or right is None or name in rule.commands:
            return found
        others = (self.command(user, name, right, network) for network in rule.networks)
        return next((one for one in others if one.allowed), found)

    def networks(self, user: UserID) -> Sequence[NetworkName]:
        """On which it is said apart what `user` may."""
        rule, _ = self._of(user, None)
        return sorted(rule.networks)

    def _of(self, user: UserID, network: NetworkName | None) -> tuple[Rule, str]:
        """The rule for a user, and where it stands."""
        _, _, domain = user.partition(":")
        for who in (user, domain, EVERYBODY):
            if who in self._rules:
                rule, at = self._line(who)
                if network is not None and network in rule.networks:
                    return rule.networks[network], f"{at}.networks.{network}"
                return rule, at
        return Rule(Level.BLOCK), ""

    def _line(self, who: str) -> tuple[Rule, str]:
        found = self._rules[who]
        rule = Rule(found) if isinstance(found, Level) else found
        return rule, f'permissions["{who}"]'


def _decided(rule: Rule, at: str, right: Right, doing: str) -> Decision:
    if right in rule.deny:
        return _decision(f"{at}.deny", doing, f"{right} is denied", allowed=False)
    if right in rule.allow:
        return _decision(f"{at}.allow", doing, "", allowed=True)
    allowed = rule.level >= LEAST[right]
    return _decision(at, doing, f"your level is {rule.level}", allowed=allowed)


def _decision(rule: str, doing: str, why: str, *, allowed: bool) -> Decision:
    if allowed:
        return Decision(True, rule, f"{rule} allows it.")
    if not rule:
        return Decision(False, "", f"You may not {doing}: no line of `permissions` is about you.")
    return Decision(False, rule, f"You may not {doing}: {why} ({rule}).")
