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
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1  # to read and to set flags; interface is up
LOOPBACK = "lo"


def isolate_network() -> bool:
    """Move this process into a network of its own; tell whether it was allowed.

    To be called while it has one thread, before TensorFlow is loaded. It keeps its user, its files
    and its rights to them.
    """
    if not sys.platform.startswith("linux") or not _in_child_too():
        return False
    return _isolate()


def is_isolated() -> bool:
    """Tell whether this process has no network but the loopback."""
    if not sys.platform.startswith("linux"):
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        # Kernels with tunnels put one into every network; those are down.
        return not any(
            _flags_of(control, name) & IFF_UP
            for _, name in socket.if_nameindex()
            if name != LOOPBACK
        )


def _in_child_too() -> bool:
    """Try it in a child: half of it would be worse than nothing.

    The fork also ends the threads of NumPy's OpenBLAS, with which a user may not do it.
    """
    try:
        child = os.fork()
    except OSError:
        return False
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
            # Root itself would lose its rights to the files of others there.
            if user == 0 or unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
                return False
            _write("setgroups", "deny")
            _write("uid_map", f"{user} {user} 1")
            _write("gid_map", f"{group} {group} 1")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            flags = _flags_of(control, LOOPBACK) | IFF_UP
            fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", LOOPBACK.encode(), flags))
    except OSError:
        return False
    return True


def _write(name: str, text: str) -> None:
    with open(f"/proc/self/{name}", "w") as file:
        file.write(text)


def _flags_of(control: socket.socket, name: str) -> int:
    request = struct.pack("16sh14x", name.encode(), 0)
    return struct.unpack("16xh14x", fcntl.ioctl(control, SIOCGIFFLAGS, request))[0]
