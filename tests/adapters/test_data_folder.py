"""The data folder as a service finds it and leaves it; a second service is tested with the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.adapters.data_folder import claimed, close_to_others
from assistant.core.errors import DataFolderInUse, StoreUnavailable

_HOLDER = """
import subprocess, sys
from pathlib import Path
from assistant.adapters.data_folder import claimed
with claimed(Path(sys.argv[1]), "http://127.0.0.1:8123"):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], stdout=subprocess.DEVNULL)
    print("claimed", child.pid, flush=True)
    sys.stdin.read()
"""


def test_a_killed_service_leaves_the_folder_to_the_next(tmp_path: Path) -> None:
    """Though a child of it lives on; before that, who asks learns which process has it, and where."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        said = next(line for line in holder.stdout if line.startswith("claimed"))
        with (
            pytest.raises(DataFolderInUse, match=f"process {holder.pid} at http://127.0.0.1:8123"),
            claimed(tmp_path, "http://127.0.0.1:8124"),
        ):
            pass
        holder.kill()
        holder.wait()
    try:
        with claimed(tmp_path, "http://127.0.0.1:8124"):
            assert "8124" in (tmp_path / "service.lock").read_text()
    finally:
        os.kill(int(said.split()[1]), 9)
    assert (tmp_path / "service.lock").read_text() == ""


def test_a_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    """A new one, and one that others could look into before."""
    for folder in (tmp_path / "new", tmp_path / "old"):
        if folder.name == "old":
            folder.mkdir(mode=0o755)
        with claimed(folder, "here"):
            assert folder.stat().st_mode & 0o777 == 0o700
            assert (folder / "service.lock").stat().st_mode & 0o777 == 0o600


def test_a_folder_of_everybody_stays_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """To close it would hurt others; the log says so."""
    tmp_path.chmod(0o1777)
    close_to_others(tmp_path)
    assert tmp_path.stat().st_mode & 0o7777 == 0o1777
    assert "data_folder_open_to_others" in capsys.readouterr().out


def test_what_cannot_be_a_folder_is_one_sentence(tmp_path: Path) -> None:
    """The message names it and says why."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match=r"file cannot be used: "), claimed(tmp_path / "file", "here"):
        pass


def test_links_in_the_uploads_are_not_followed(tmp_path: Path) -> None:
    """Only what lies in the folder goes."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine").touch()
    (tmp_path / "data" / "uploads").mkdir(parents=True)
    (tmp_path / "data" / "uploads" / "link").symlink_to(tmp_path / "elsewhere")
    with claimed(tmp_path / "data", "here"):
        assert list((tmp_path / "data" / "uploads").iterdir()) == []
    assert (tmp_path / "elsewhere" / "mine").exists()
