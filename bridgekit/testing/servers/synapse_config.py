"""The configuration of a throw-away Synapse, as JSON, which is YAML too."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridgekit.testing.servers.process import HOST

JSON = dict[str, Any]

_UNLIMITED = {"per_second": 1_000_000, "burst_count": 1_000_000}

_LIMITS: JSON = {
    "rc_message": _UNLIMITED,
    "rc_registration": _UNLIMITED,
    "rc_admin_redaction": _UNLIMITED,
    "rc_login": {"address": _UNLIMITED, "account": _UNLIMITED, "failed_attempts": _UNLIMITED},
    "rc_joins": {"local": _UNLIMITED, "remote": _UNLIMITED},
    "rc_joins_per_room": _UNLIMITED,
    "rc_invites": {"per_room": _UNLIMITED, "per_user": _UNLIMITED, "per_issuer": _UNLIMITED},
    "rc_media_create": _UNLIMITED,
    "rc_presence": {"per_user": _UNLIMITED},
    "rc_room_creation": _UNLIMITED,
    "rc_profile": _UNLIMITED,
    "max_pending_media_uploads": 100_000,
}

_CHEAP: JSON = {
    "report_stats": False,
    "pid_file": None,
    "federation_domain_whitelist": [],  # no other homeserver exists here
    "trusted_key_servers": [],
    "suppress_key_server_warning": True,
    "bcrypt_rounds": 4,
    "enable_registration": False,
    "url_preview_enabled": False,
    "stats": {"enabled": False},
    "presence": {"enabled": False},  # its pushes come at any time and would meet any fault
    "max_upload_size": "100M",
}


@dataclass(frozen=True, slots=True)
class SynapseConfig:
    path: Path
    shared_secret: str
    database: Path


def write_config(
    workdir: Path, *, port: int, domain: str, registrations: Sequence[Path]
) -> SynapseConfig:
    """Write everything Synapse reads at start; secrets and key stay those of an earlier run."""
    kept = _secrets(workdir)
    database = workdir / "homeserver.db"
    config = {
        **_CHEAP,
        **_LIMITS,
        "server_name": domain,
        "public_baseurl": f"http://{HOST}:{port}/",
        "listeners": [
            {
                "port": port,
                "bind_addresses": [HOST],
                "type": "http",
                "tls": False,
                "x_forwarded": False,
                "resources": [{"names": ["client", "openid"], "compress": False}],
            }
        ],
        "database": {"name": "sqlite3", "args": {"database": str(database)}},
        "log_config": str(_write(workdir / "log.json", _logging(workdir / "homeserver.log"))),
        "media_store_path": str(workdir / "media"),
        "signing_key_path": str(workdir / "signing.key"),
        "registration_shared_secret": kept["shared"],
        "macaroon_secret_key": kept["macaroon"],
        "form_secret": kept["form"],
        "app_service_config_files": [str(path.resolve()) for path in registrations],
        "track_appservice_user_ips": False,
    }
    return SynapseConfig(_write(workdir / "homeserver.json", config), kept["shared"], database)


def _logging(path: Path) -> JSON:
    pattern = "%(asctime)s %(levelname)s %(name)s [%(request)s] %(message)s"
    return {
        "version": 1,
        "formatters": {"plain": {"format": pattern}},
        "handlers": {
            "file": {"class": "logging.FileHandler", "formatter": "plain", "filename": str(path)}
        },
        "root": {"level": "INFO", "handlers": ["file"]},
        "disable_existing_loggers": False,
    }


def _secrets(workdir: Path) -> dict[str, str]:
    path, key = workdir / "secrets.json", workdir / "signing.key"
    if not key.exists():
        seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        key.write_text(f"ed25519 a_test {seed}\n", encoding="ascii")
    if not path.exists():
        _write(path, {name: secrets.token_hex(16) for name in ("shared", "macaroon", "form")})
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return kept


def _write(path: Path, content: JSON) -> Path:
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return path
