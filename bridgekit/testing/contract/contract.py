"""`AdapterContract`: what every adapter owes, to be inherited from in an adapter's own tests."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar

from bridgekit.adapter import Adapter
from bridgekit.testing.contract.asking import Asking
from bridgekit.testing.contract.attaching import Attaching
from bridgekit.testing.contract.beginning import Beginning
from bridgekit.testing.contract.chat import OfTheChat
from bridgekit.testing.contract.commanding import Commanding
from bridgekit.testing.contract.connecting import Connecting
from bridgekit.testing.contract.crashing import Crashing
from bridgekit.testing.contract.deleting import Deleting
from bridgekit.testing.contract.delivering import Delivering
from bridgekit.testing.contract.editing import Editing
from bridgekit.testing.contract.failing import Failing
from bridgekit.testing.contract.lasting import Lasting
from bridgekit.testing.contract.network import FakeNetwork
from bridgekit.testing.contract.past import OfThePast
from bridgekit.testing.contract.people import OfPeople
from bridgekit.testing.contract.private import InPrivate
from bridgekit.testing.contract.reacting import Reacting
from bridgekit.testing.contract.refusing import Refusing
from bridgekit.testing.contract.saying import Saying
from bridgekit.testing.contract.setting_up import SettingUp
from bridgekit.testing.contract.showing import Showing
from bridgekit.testing.contract.signing_in import SigningIn
from bridgekit.testing.contract.telling import Telling
from bridgekit.testing.contract.voting import Voting


class AdapterContract(
    Crashing,
    Connecting,
    Beginning,
    Delivering,
    SettingUp,
    SigningIn,
    Commanding,
    Asking,
    OfThePast,
    InPrivate,
    OfPeople,
    OfTheChat,
    Refusing,
    Failing,
    Telling,
    Lasting,
    Voting,
    Showing,
    Reacting,
    Deleting,
    Editing,
    Attaching,
    Saying,
):
    """Write a subclass whose name begins with `Test`, and pytest runs the whole contract.

    `sockets`: the adapter or its fake network needs real sockets, threads or processes. Then time
    is real, though hurried, and the crashes are skipped. Else all is played in memory.

    `crashes`: at what share of the awaits of the core the bridge dies, unless `--bridgekit-crashes`
    says otherwise. Where code of the adapter waits it always does.
    """

    adapter: ClassVar[type[Adapter[Any]]]
    sockets: ClassVar[bool] = False
    crashes: ClassVar[float] = 0.1

    @abstractmethod
    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        """A new network, entered on the loop of one scenario: write it with `async def`/`yield`."""

    @staticmethod
    def obligation_of(test: Callable[..., object]) -> str:
        """What one of the tests shows, in words: its row in the report."""
        return (test.__doc__ or test.__name__).splitlines()[0].rstrip(".")
