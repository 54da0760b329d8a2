"""Small disks in memory, for what happens when one is full; in a mount namespace that nobody else sees."""

from __future__ import annotations

import shutil
import subprocess

IN_A_NAMESPACE = ("unshare", "--map-root-user", "--mount")
"""Before a command that mounts."""


def can_mount() -> bool:
    """Whether this system lets us mount in a namespace of our own."""
    if shutil.which("unshare") is None:
        return False
    command = [*IN_A_NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
