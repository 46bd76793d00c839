"""A homeserver for tests, in this process: Synapse's behaviour, without Synapse."""

from bridgekit.testing.homeserver.errors import MatrixError
from bridgekit.testing.homeserver.faults import Fault
from bridgekit.testing.homeserver.person import Connection, Person
from bridgekit.testing.homeserver.push import Transaction
from bridgekit.testing.homeserver.server import FakeHomeserver

__all__ = ["Connection", "FakeHomeserver", "Fault", "MatrixError", "Person", "Transaction"]
