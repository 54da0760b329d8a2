"""A watch over a process and all that it starts: whom it speaks to, and where it writes.

The kernel's own calls are watched (strace), so that libraries in C and Rust are seen as well as Python. What
counts as leaving is an attempt, whether it succeeds or not.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from signal import Signals

import psutil

from tests.live.service import LiveService

HOW_TO_GET_IT = "needs strace, and leave to trace: apt-get install strace"

_SENDING = ("sendto", "sendmsg", "sendmmsg")
_SPEAKING = ("connect", *_SENDING)
_OPENING = ("open", "openat", "openat2", "creat")
_NAMING = (
    *("mkdir", "mkdirat", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat"),
    *("mknod", "mknodat", "truncate", "bind"),
)
# A ring of requests does all of that without a call for each; libraries that want one do without under watch.
_UNWATCHABLE = ("io_uring_setup",)

_CALL = re.compile(r"(?P<name>\w+)\((?P<arguments>.*)(?:\)\s+= (?P<result>.*)|<unfinished \.\.\.>)$")
_ADDRESS = re.compile(
    r"sin6?_port=htons\((?P<port>\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )\"(?P<host>[^\"]+)\""
)
_DATA = re.compile(r'iov_base="(?:[^"\\]|\\.)*"|^\d+<[^>]*>, "(?:[^"\\]|\\.)*"')
_SOCKET = re.compile(r"sun_path=(@?\"[^\"]*\")")
_PATH = re.compile(r'(?:(?:AT_FDCWD|\d+)<(?P<folder>[^>]*)>, )?"(?P<path>(?:[^"\\]|\\.)*)"')
_OPENED = re.compile(r"\d+<(?P<path>.*)>")
_WRITING = re.compile(r"O_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)")
_HARMLESS = frozenset(("AF_UNSPEC", "AF_NETLINK"))
"""Families that reach nobody but the kernel."""
_LOOK_UP_PORTS = frozenset((53, 853, 5353, 5355))
_DEVICES = frozenset(("/dev/null", "/dev/zero", "/dev/tty", "/dev/urandom", "/dev/random"))


@dataclass(frozen=True, slots=True)
class Watch:
    """Runs commands under watch, and tells in what they departed from what is allowed.

    Attributes:
        folder: Where the calls are written; nothing else should be there.
        writable: Where files may be written: data, cache and temporary folders.
        named: Addresses and ports that the configuration names; loopback is this machine and needs no name.
        connected: Those that may be connected to as long as nothing is sent there.
    """

    folder: Path
    writable: tuple[Path, ...]
    named: frozenset[tuple[str, int]] = frozenset()
    connected: frozenset[tuple[str, int]] = frozenset()

    def command(self, *command: str) -> list[str]:
        """Return the command under watch, with everything that it starts."""
        self.folder.mkdir(exist_ok=True)
        # A question mark before a call: machines that have no such call do without.
        calls = ",".join(f"?{name}" for name in (*_SPEAKING, *_OPENING, *_NAMING, *_UNWATCHABLE))
        refusals = [part for name in _UNWATCHABLE for part in ("-e", f"inject=?{name}:error=ENOSYS")]
        # Each thread writes a file of its own, so that no call is torn by another.
        output = str(self.folder / "calls")
        return [
            *("strace", "-ff", "--seccomp-bpf", "-qq", "-y", "-s", "256", "-e", "signal=none"),
            *("-e", f"trace={calls}", *refusals, "-o", output, *command),
        ]

    def departures(self) -> list[str]:
        """Return what was done that is not allowed, each thing once."""
        lines = [
            line
            for path in sorted(self.folder.iterdir())
            for line in path.read_text("utf-8", "replace").splitlines()
        ]
        if not lines:
            return ["nothing was seen: the watch did not run"]
        found = dict.fromkeys(departure for line in lines for departure in self.rejection(line))
        return [*found, *dict.fromkeys(self._sent_after_all(lines))]

    def _sent_after_all(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield what was sent on sockets that were let connect because nothing is sent on them."""
        silent: dict[str, str] = {}
        for line in lines:
            call, address = _CALL.match(line), _ADDRESS.search(line)
            if call and call["name"] == "connect" and address:
                host, port = address["host"], int(address["port"])
                if (host, port) in self.connected - self.named:
                    silent[_socket_of(call["arguments"])] = f"{host} port {port}"
        for line in lines:
            call = _CALL.match(line)
            if call is None or call["name"] not in _SENDING:
                continue
            place = silent.get(_socket_of(call["arguments"]))
            if place and "sa_family=" not in _without_data(call["arguments"]):
                yield f"{call['name']}: sends to {place}"

    def rejection(self, line: str) -> Iterator[str]:
        """Yield what is wrong with one call."""
        call = _CALL.match(line)
        if call is None:
            if line and not line.startswith(("+++", "---")):
                yield f"cannot be read: {line}"
            return
        name, arguments, result = call["name"], call["arguments"], call["result"] or ""
        if name in _SPEAKING or name == "bind":
            yield from self._speaking(name, arguments)
        elif name in _UNWATCHABLE:
            if not result.startswith("-1"):
                yield f"{name}: cannot be watched"
        elif result.startswith("-1"):
            return
        elif name in _OPENING:
            opened = _OPENED.match(result)
            if _WRITING.search(arguments) or name == "creat":
                yield from self._writing(name, opened["path"] if opened else _last_path(arguments))
        else:
            yield from self._writing(name, _last_path(arguments))

    def _speaking(self, name: str, arguments: str) -> Iterator[str]:
        for address in _without_data(arguments).split("sa_family=")[1:]:
            family = address.split(",")[0].rstrip("})")
            if family in {"AF_INET", "AF_INET6"}:
                if name != "bind":
                    yield from self._reaching(name, address)
            elif family == "AF_UNIX":
                bound = _SOCKET.search(address)
                path = bound[1].strip('"') if bound else ""
                if path and not self._is_writable(path):
                    yield f"{name}: socket {path}"
            elif family not in _HARMLESS:
                yield f"{name}: {family}"

    def _reaching(self, name: str, address: str) -> Iterator[str]:
        found = _ADDRESS.search(address)
        if found is None:
            yield f"{name}: an address that cannot be read: {address}"
            return
        host, port = found["host"], int(found["port"])
        if (host, port) in self.named or (name == "connect" and (host, port) in self.connected):
            return
        if port in _LOOK_UP_PORTS:
            yield f"{name}: look-up at {host} port {port}"
        elif not _is_this_machine(ip_address(host)):
            yield f"{name}: {host} port {port}"

    def _writing(self, name: str, path: str) -> Iterator[str]:
        if path not in _DEVICES and not self._is_writable(path):
            yield f"{name}: writes {path}"

    def _is_writable(self, path: str) -> bool:
        if path.startswith(("pipe:", "socket:", "anon_inode:", "/memfd:")):
            return True
        real = os.path.realpath(path)
        return any(
            real == root or real.startswith(f"{root}/") for root in map(os.path.realpath, self.writable)
        )


class WatchedService(LiveService):
    """The service under watch, which may write its data and temporary files and has an empty home."""

    def __init__(self, folder: Path, weights_dir: Path, watch: Watch, **settings: str) -> None:
        super().__init__(folder, weights_dir, **settings)
        self._watch = watch
        self.environment = self.environment | environment_of(folder)

    def command(self, *arguments: str) -> list[str]:
        """Return how the assistant is run with these arguments."""
        return self._watch.command(*super().command(*arguments))

    def tell(self, process: subprocess.Popen[bytes], number: Signals) -> None:
        """Send it a signal, and none to the watch, which would let it go unwatched."""
        for watched in psutil.Process(process.pid).children():
            watched.send_signal(number)


def environment_of(folder: Path) -> dict[str, str]:
    """Return where a watched process finds its home and puts temporary files; both are made.

    Python's own cache of the code that it reads is no file of the product, so it writes none.
    """
    for name in ("home", "temporary"):
        (folder / name).mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    return kept | {
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "temporary"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def can_watch() -> bool:
    """Return whether there is a strace that may trace."""
    if shutil.which("strace") is None:
        return False
    tried = subprocess.run(["strace", "-f", "--seccomp-bpf", "-qq", "true"], capture_output=True, check=False)
    return tried.returncode == 0


def _is_this_machine(address: IPv4Address | IPv6Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    host = mapped or address
    # What is sent to an address of an own interface never leaves the kernel.
    return host.is_loopback or host.is_unspecified or host in _own_addresses()


@cache
def _own_addresses() -> frozenset[IPv4Address | IPv6Address]:
    return frozenset(
        ip_address(found.address.partition("%")[0])
        for interface in psutil.net_if_addrs().values()
        for found in interface
        if found.family in {socket.AF_INET, socket.AF_INET6}
    )


def _socket_of(arguments: str) -> str:
    """Return the kernel's name of the socket that a call is about; numbers of open files come again."""
    return arguments.partition("<")[2].partition(">")[0]


def _without_data(arguments: str) -> str:
    """Return the arguments of a call without what was sent, which may look like anything."""
    return _DATA.sub("", arguments)


def _last_path(arguments: str) -> str:
    """Return the last path that a call names: what it makes."""
    found = list(_PATH.finditer(arguments))[-1]
    return os.path.normpath(Path(found["folder"] or Path.cwd()) / found["path"])
