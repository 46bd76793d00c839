"""What `init` writes if it is wanted: a systemd unit, and a file to build a container with."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

_UNIT = """\
# Written by `bridgekit init`. As root:
#   cp {name} /etc/systemd/system/ && systemctl enable --now {service}
# It runs as the user who owns {config}, and may write {writes} and nothing else.
[Unit]
Description=matrix-bridgekit ({config})
After=network-online.target postgresql.service matrix-synapse.service
Wants=network-online.target

[Service]
Type=notify
ExecStart={command} run -c {config}
ExecReload=/bin/kill -HUP $MAINPID
User={user}
WorkingDirectory={folder}
UMask=0077
Restart=on-failure
RestartSec=5
RestartPreventExitStatus=2 3 5 6
WatchdogSec=60
NotifyAccess=main
TimeoutStopSec=45
TimeoutStartSec=infinity

CapabilityBoundingSet=
AmbientCapabilities=
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={writes}
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""

_CONTAINER = """\
# Written by `bridgekit init`. Beside {config}:
#   podman build -t bridgekit -f {name} .
#   {run} -v {folder}:/data -p {port}:{port} bridgekit
# In the configuration: appservice.listen: 0.0.0.0:{port}
FROM docker.io/library/python:3.13-slim
RUN pip install --no-cache-dir 'matrix-bridgekit[all]' && useradd --uid {uid} bridgekit
USER {uid}
VOLUME /data
WORKDIR /data
STOPSIGNAL SIGTERM
ENTRYPOINT ["bridgekit"]
CMD ["run", "-c", "/data/{config}", "--log-format", "json"]
"""


_NOBODY_ELSE = 10001  # the user in the container where root builds it


def unit(config: Path, to: Path, user: str, writes: Iterable[Path] = ()) -> str:
    """A unit for this configuration, this installation and this user.

    `writes` are folders that the bridge writes to beside that of the configuration.
    """
    whole = config.absolute()
    folders = dict.fromkeys([whole.parent, *(one.absolute() for one in writes)])
    return _UNIT.format(
        name=to.name,
        service=to.stem,
        config=_escaped(whole),
        folder=_escaped(whole.parent),
        writes=" ".join(map(_escaped, folders)),
        command=f"{_escaped(Path(sys.executable))} -m bridgekit.cli",
        user=user,
    )


def container(config: Path, to: Path, port: int) -> str:
    """A file that builds an image; the configuration comes with the volume."""
    whole = config.absolute()
    uid, folder = os.getuid(), shlex.quote(str(whole.parent))
    run = "podman run -d --name bridgekit"
    if uid:  # else whoever runs in it has another number outside, who may not read these files
        run = f"{run} --userns=keep-id"
    else:
        uid = _NOBODY_ELSE
        run = f"chown -R {uid} {folder} && {run}"
    return _CONTAINER.format(
        name=to.name, config=whole.name, folder=folder, port=port, uid=uid, run=run
    )


def _escaped(path: Path) -> str:
    """For a line of a unit, where % and blanks mean something."""
    text = str(path).replace("%", "%%").replace("\\", "\\\\")
    return text.replace(" ", "\\x20")
