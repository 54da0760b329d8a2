"""What the service loads when it starts, and what it has no need of."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_START = """
import sys
from assistant.cli.application import build
build()
import assistant.cli.companion, assistant.web.server
from assistant.bootstrap import build_app
from assistant.settings import Settings
build_app(Settings())
print(*sorted(name for name in sys.modules if name.startswith("assistant.")))
"""


def test_the_service_loads_no_client_and_no_demo(tmp_path: Path) -> None:
    """They are programs of their own, which speak to it from the other side."""
    done = subprocess.run(
        [sys.executable, "-c", _START],
        env=os.environ | {"ASSISTANT_DATA_DIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    loaded = done.stdout.split()
    assert "assistant.bootstrap" in loaded
    assert [name for name in loaded if name.startswith(("assistant.client", "assistant.demo"))] == []
