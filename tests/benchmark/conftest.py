"""The bench is a package beside the scripts; the scripted service belongs to the client's tests."""

from __future__ import annotations

import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(_ROOT / "scripts"), str(_ROOT / "tests" / "client")]
