"""Why a command is not done, beside what the service that does it says itself.

Rejected
├── Mistyped       what was typed or sent is not what the command takes
├── Unknown        there is no such command, room or thing
└── NotPermitted   whoever gives it may not; `rule` is the line of the configuration that says so
"""

from bridgekit.errors import Rejected


class Mistyped(Rejected):
    """`field` names the argument that is wrong, where it is one."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


class Unknown(Rejected):
    """There is nothing of that name."""


class NotPermitted(Rejected):
    """By the rules of the configuration, the power levels of a room, or the scope of a token."""

    def __init__(self, sentence: str, rule: str = "") -> None:
        super().__init__(sentence)
        self.rule = rule
