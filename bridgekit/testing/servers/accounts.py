"""Accounts on a real Synapse, made by its shared secret (admin API "register")."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bridgekit.testing.homeserver.errors import MatrixError

JSON = dict[str, Any]

_REGISTER = "/_synapse/admin/v1/register"
_LOGIN = "/_matrix/client/v3/login"
_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Account:
    user_id: str
    access_token: str
    device_id: str
    password: str


@dataclass(frozen=True, slots=True)
class Accounts:
    """Blocking, since a server is started before there is an event loop to block."""

    url: str
    shared_secret: str

    def get(self, name: str) -> Account:
        """The account of that name, made if there is none yet; a new device every time."""
        password = f"pass-{name}"
        try:
            found = self._register(name, password)
        except MatrixError as error:
            if error.errcode != "M_USER_IN_USE":
                raise
            identifier = {"type": "m.id.user", "user": name}
            login = {"type": "m.login.password", "identifier": identifier, "password": password}
            found = _ask(self.url, "POST", _LOGIN, login)
        return Account(found["user_id"], found["access_token"], found["device_id"], password)

    def _register(self, name: str, password: str) -> JSON:
        nonce = _ask(self.url, "GET", _REGISTER)["nonce"]
        signed = f"{nonce}\0{name}\0{password}\0notadmin".encode()
        mac = hmac.new(self.shared_secret.encode(), signed, hashlib.sha1).hexdigest()
        account = {"nonce": nonce, "username": name, "password": password, "mac": mac}
        return _ask(self.url, "POST", _REGISTER, {**account, "admin": False})


def healthy(url: str) -> bool:
    """Whether this homeserver answers."""
    try:
        return _exchange(url, "GET", "/health")[0] == http.client.OK
    except (OSError, http.client.HTTPException):
        return False


def _ask(url: str, method: str, path: str, body: JSON | None = None) -> JSON:
    status, data = _exchange(url, method, path, body)
    answer: JSON = json.loads(data)
    if status != http.client.OK:
        raise MatrixError(status, answer["errcode"], answer["error"])
    return answer


def _exchange(url: str, method: str, path: str, body: JSON | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_TIMEOUT)
    try:
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
