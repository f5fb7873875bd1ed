"""Addresses of workers, `host:port`: read, knocked at, and listened on as TensorFlow does."""

import socket

SECONDS_TO_ANSWER = 2.0


def host_of(address: str) -> str:
    """Return the host of an address, without the brackets of IPv6."""
    return address.rpartition(":")[0].strip("[]")


def port_of(address: str) -> str:
    """Return the port of an address, as it stands there."""
    return address.rpartition(":")[2]


def answers(address: str) -> bool:
    """Tell whether somebody listens there."""
    try:
        place = host_of(address), int(port_of(address))
        socket.create_connection(place, SECONDS_TO_ANSWER).close()
    except OSError:
        return False
    return True


def open_socket() -> socket.socket:
    """Return a socket that listens, once it is bound, on every interface, as TensorFlow does."""
    return socket.socket(socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET)
