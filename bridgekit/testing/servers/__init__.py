"""Real servers for integration tests and the demo, each for the length of a `with` block."""

from bridgekit.testing.servers.accounts import Account
from bridgekit.testing.servers.clamd_server import Clamd, clamd
from bridgekit.testing.servers.gammu_server import Gammu, gammu
from bridgekit.testing.servers.inspircd_server import Inspircd, inspircd
from bridgekit.testing.servers.kannel_server import Kannel, kannel
from bridgekit.testing.servers.ngircd_server import Ngircd, ngircd
from bridgekit.testing.servers.people import People, people
from bridgekit.testing.servers.ports import free_port
from bridgekit.testing.servers.postgres_server import Postgres, postgres
from bridgekit.testing.servers.process import Process, ServerFailed, ServerMissing
from bridgekit.testing.servers.synapse_server import Synapse, synapse, synapse_python

__all__ = [
    "Account",
    "Clamd",
    "Gammu",
    "Inspircd",
    "Kannel",
    "Ngircd",
    "People",
    "Postgres",
    "Process",
    "ServerFailed",
    "ServerMissing",
    "Synapse",
    "clamd",
    "free_port",
    "gammu",
    "inspircd",
    "kannel",
    "ngircd",
    "people",
    "postgres",
    "synapse",
    "synapse_python",
]
