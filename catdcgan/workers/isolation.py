"""A network of its own for this process and its children, which nobody outside can reach.

TensorFlow's server listens on every interface, whatever address it is given, and asks nobody who
they are. Linux can give a process a network namespace with nothing in it but a loopback.
"""

import ctypes
import fcntl
import os
import socket
import struct
import sys

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def isolate_network() -> bool:
    """Move this process into a network of its own; tell whether it was allowed.

    To be called while it has one thread. It keeps its user, its files and its rights to them.
    """
    if not sys.platform.startswith("linux") or not _in_child_too():
        return False
    return _isolate()


def is_isolated() -> bool:
    """Tell whether this process has no network but the loopback."""
    return all(name == "lo" for _, name in socket.if_nameindex())


def _in_child_too() -> bool:
    """Try it in a child: half of it would be worse than nothing."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if _isolate() else 1
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _isolate() -> bool:
    user, group = os.geteuid(), os.getegid()
    unshare = ctypes.CDLL(None, use_errno=True).unshare
    try:
        if unshare(CLONE_NEWNET) != 0:  # which root may
            if unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
                return False
            _write("setgroups", "deny")
            _write("uid_map", f"{user} {user} 1")
            _write("gid_map", f"{group} {group} 1")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            request = struct.pack("16sh14x", b"lo", IFF_UP)
            fcntl.ioctl(control, SIOCSIFFLAGS, request)
    except OSError:
        return False
    return True


def _write(name: str, text: str) -> None:
    with open(f"/proc/self/{name}", "w") as file:
        file.write(text)
