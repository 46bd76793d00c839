"""A network in memory that can do everything: the core's test partner and the living example.

`LoopbackNetwork` is the far side: people there say and do things, and hear what the bridge says. It
can be told to refuse, to drop connections and to lose answers. `loopback(network)` makes an adapter
class for it, as an entry point would name one.
"""

from bridgekit.testing.loopback.adapter import LoopbackConfig, loopback
from bridgekit.testing.loopback.client import ABILITIES, LoopbackClient
from bridgekit.testing.loopback.exchange import Act, Heard
from bridgekit.testing.loopback.faults import Fault, only
from bridgekit.testing.loopback.network import LoopbackNetwork
from bridgekit.testing.loopback.people import RemotePerson
from bridgekit.testing.loopback.transcript import Told, Transcript

__all__ = [
    "ABILITIES",
    "Act",
    "Fault",
    "Heard",
    "LoopbackClient",
    "LoopbackConfig",
    "LoopbackNetwork",
    "RemotePerson",
    "Told",
    "Transcript",
    "loopback",
    "only",
]
