"""SMPP over TLS: whoever is no known SMSC gets no password."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from bridgekit import RetryLater
from bridges.sms.fake.smsc import PASSWORD, FakeSmsc
from bridges.sms.provider import Surroundings
from bridges.sms.providers.smpp import SMPP
from bridges.sms.settings import ProviderSettings
from tests.adapters.sms.test_smpp_link import Listener, outgoing


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """One of its own, for an address of this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "smsc")]), datetime.now(UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    file, secret = tmp_path / "smsc.pem", tmp_path / "smsc.key"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    none = serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, none))
    return file, secret


@pytest.fixture
async def smsc(certificate: tuple[Path, Path]) -> AsyncIterator[FakeSmsc]:
    network, context = FakeSmsc(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    server = await asyncio.start_server(network.connected, "127.0.0.1", 0, ssl=context)
    network.port = server.sockets[0].getsockname()[1]
    yield network
    network.cut()
    server.close()


def gateway(smsc: FakeSmsc, **options: str) -> SMPP:
    nothing: Any = None
    account = ProviderSettings(
        api_url=f"smpps://127.0.0.1:{smsc.port}",
        user="bridge",
        secret=SecretStr(PASSWORD),
        options=options,
    )
    return SMPP(account, Surroundings(nothing, "", lambda: 0.0, nothing))


async def test_texts_go_over_tls(smsc: FakeSmsc, certificate: tuple[Path, Path]) -> None:
    one = gateway(smsc, ca_file=str(certificate[0]))
    async with one.open(), asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(one.run(Listener()))
        assert await one.send(outgoing("hi")) == ("1",)
        listening.cancel()


async def test_an_smsc_that_nobody_vouches_for_gets_no_password(smsc: FakeSmsc) -> None:
    with pytest.raises(RetryLater, match="reached"):
        async with gateway(smsc).open():
            pass
