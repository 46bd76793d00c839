"""The contract: every promise of an adapter as a test, on a fake network of its author's."""

from bridgekit.testing.contract.contract import AdapterContract
from bridgekit.testing.contract.network import FakeNetwork, Heard, OtherChat
from bridgekit.testing.contract.silence import Silence
from bridgekit.testing.contract.timing import now

__all__ = ["AdapterContract", "FakeNetwork", "Heard", "OtherChat", "Silence", "now"]
