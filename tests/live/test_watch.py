"""The watch itself: what phones home or writes where it should not is seen, however it does it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.watch import HOW_TO_GET_IT, Watch, can_watch, environment_of

pytestmark = pytest.mark.skipif(not can_watch(), reason=HOW_TO_GET_IT)

BEGIN = """
import ctypes, os, socket, subprocess, sys, threading
from pathlib import Path
home = Path.home()
def udp(family=socket.AF_INET):
    made = socket.socket(family, socket.SOCK_DGRAM)
    made.settimeout(1)
    return made
def stream(family=socket.AF_INET):
    made = socket.socket(family)
    made.setblocking(False)
    return made
def tries(call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        print(error)
"""

LEAVING = {
    "connect": (
        "tries(stream().connect, ('198.51.100.1', 443))",
        "198.51.100.1",
    ),
    "connect over IPv6": (
        "tries(stream(socket.AF_INET6).connect, ('2001:db8::1', 443))",
        "2001:db8::1",
    ),
    "an IPv4 address in IPv6": (
        "tries(stream(socket.AF_INET6).connect, ('::ffff:198.51.100.1', 443))",
        "198.51.100.1",
    ),
    "a datagram socket that only asks for the way": (
        "tries(udp().connect, ('198.51.100.1', 9))",
        "198.51.100.1",
    ),
    "sendto": ("tries(udp().sendto, b'sa_family=AF_UNIX', ('198.51.100.1', 4317))", "198.51.100.1 port 4317"),
    "sendmsg": ("tries(udp().sendmsg, [b'x'], [], 0, ('198.51.100.1', 4317))", "198.51.100.1 port 4317"),
    "a look-up": ("tries(socket.getaddrinfo, 'events.example.invalid', 443)", "look-up"),
    "a look-up at a resolver of this machine": ("tries(udp().sendto, b'x', ('127.0.0.1', 53))", "look-up"),
    "a look-up by multicast": ("tries(udp().sendto, b'x', ('224.0.0.251', 5353))", "look-up"),
    "a look-up through a daemon": (
        "tries(socket.socket(socket.AF_UNIX).connect, '/run/systemd/resolve/io.systemd.Resolve')",
        "io.systemd.Resolve",
    ),
    "the name service's cache": (
        "tries(socket.socket(socket.AF_UNIX).connect, '/var/run/nscd/socket')",
        "/var/run/nscd/socket",
    ),
    "a thread": (
        "t = threading.Thread(target=tries, args=(udp().connect, ('198.51.100.1', 9))); t.start(); t.join()",
        "198.51.100.1",
    ),
    "a child": (
        """c = 'import socket; socket.socket(2, 2).connect(("198.51.100.1", 9))'
subprocess.run([sys.executable, '-c', c])""",
        "198.51.100.1",
    ),
    "a library in C": (
        "libc = ctypes.CDLL(None); f = os.open(home / 'deviceid', os.O_RDONLY | os.O_CREAT)",
        "home/deviceid",
    ),
    "a file at home": ("(home / 'deviceid').write_text('1')", "home/deviceid"),
    "a folder at home": ("(home / '.cache').mkdir()", "home/.cache"),
    "a file that is moved home": (
        "p = Path(os.environ['TMPDIR']) / 'new'; p.touch(); p.rename(home / 'deviceid')",
        "home/deviceid",
    ),
    "a relative path": ("os.chdir(home); os.mkdir('events')", "events"),
    "a link that leads out": (
        "p = Path(os.environ['TMPDIR']) / 'out'; p.symlink_to(home); (p / 'deviceid').write_text('1')",
        "home/deviceid",
    ),
    "a socket at home": ("socket.socket(socket.AF_UNIX).bind(str(home / 'socket'))", "home/socket"),
}

STAYING = """
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname()).sendall(b"x")
tries(udp(socket.AF_INET6).connect, ("::1", 9))
(Path(os.environ["TMPDIR"]) / "scratch").mkdir()
(Path(os.environ["TMPDIR"]) / "scratch" / "file").write_text("x")
print("done", file=open(os.devnull, "w"))
list(home.iterdir())
one, two = socket.socketpair()
one.sendall(b"x")
"""


def departures(code: str, folder: Path, **allowed: frozenset[tuple[str, int]]) -> list[str]:
    """Run Python code under watch and return in what it departed."""
    environment = environment_of(folder)
    watch = Watch(folder / "calls", (folder / "temporary",), **allowed)
    command = watch.command(sys.executable, "-c", BEGIN + code)
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return watch.departures()


@pytest.mark.parametrize("way", LEAVING)
def test_what_leaves_is_seen(way: str, tmp_path: Path) -> None:
    """Each way out is told, with where it led."""
    code, told = LEAVING[way]
    assert any(told in departure for departure in departures(code, tmp_path))


def test_what_stays_is_let_be(tmp_path: Path) -> None:
    """Loopback, temporary files and pipes are no departures."""
    assert departures(STAYING, tmp_path) == []


def test_what_is_named_may_be_reached_and_nothing_beside_it(tmp_path: Path) -> None:
    """An address with its port, or one that may be connected to but told nothing."""
    code = "tries(udp().connect, ('198.51.100.1', 9))"
    assert departures(code, tmp_path, named=frozenset({("198.51.100.1", 9)})) == []
    assert departures(code, tmp_path, connected=frozenset({("198.51.100.1", 9)})) == []
    (other,) = departures(code, tmp_path, named=frozenset({("198.51.100.1", 10)}))
    assert "198.51.100.1 port 9" in other


def test_what_is_only_connected_is_told_nothing(tmp_path: Path) -> None:
    """A socket that was connected to find the way sends nothing on it."""
    allowed = frozenset({("198.51.100.1", 9)})
    found = departures(
        "s = udp(); s.connect(('198.51.100.1', 9)); tries(s.send, b'x')", tmp_path, connected=allowed
    )
    assert found == ["sendto: sends to 198.51.100.1 port 9"]


def test_a_watch_that_saw_nothing_is_no_proof(tmp_path: Path) -> None:
    """Where the tracer wrote nothing, that is told."""
    assert Watch(tmp_path, ()).departures() == ["nothing was seen: the watch did not run"]


SENDS_MANY = (
    "sendmmsg(3<socket:[1]>, [{msg_hdr={msg_name={sa_family=AF_INET, sin_port=htons(53),"
    ' sin_addr=inet_addr("10.0.0.2")}, msg_namelen=16, msg_iov=[{iov_base="x", iov_len=1}], msg_iovlen=1},'
    " msg_len=1}], 1, 0) = 1"
)
KILLED = (
    "connect(3<socket:[1]>, {sa_family=AF_INET, sin_port=htons(1),"
    ' sin_addr=inet_addr("198.51.100.1")}, 16 <unfinished ...>'
)
MISLEADING = (
    r'sendto(3<socket:[1]>, "\") = 1, {sa_family=AF_UNSPEC}", 4, 0, {sa_family=AF_INET, sin_port=htons(9),'
    ' sin_addr=inet_addr("198.51.100.1")}, 16) = 4'
)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (SENDS_MANY, "look-up at 10.0.0.2"),
        ("io_uring_setup(8, {flags=0}) = 5", "cannot be watched"),
        ("connect(3<socket:[1]>, {sa_family=AF_VSOCK, svm_cid=0x2, svm_port=0x50}, 16) = 0", "AF_VSOCK"),
        (KILLED, "198.51.100.1"),
        (MISLEADING, "198.51.100.1"),
        ("something else", "cannot be read"),
    ],
)
def test_calls_that_python_does_not_make_are_seen(line: str, told: str, tmp_path: Path) -> None:
    """As the tracer writes them."""
    assert any(told in departure for departure in Watch(tmp_path, ()).rejection(line))
