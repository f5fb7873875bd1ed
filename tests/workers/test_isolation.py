"""A network of one's own, in processes of their own, seen from inside and from outside."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from catdcgan.workers import isolation

ROOT = Path(__file__).parents[2]
NOBODY = 65534
INSIDE = """
import ctypes, encodings.idna, json, os, socket, sys
import catdcgan.launch  # and with it NumPy, which begins threads
from catdcgan.workers.isolation import isolate_network, is_isolated

user, port = int(sys.argv[1]), int(sys.argv[2])
if user != os.geteuid():
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
    ctypes.CDLL(None).prctl(4, 1)  # PR_SET_DUMPABLE: as any process that began as this user
before = os.readlink("/proc/self/ns/net")
isolated = isolate_network()
server = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
socket.create_connection(("127.0.0.1", port), timeout=5).close()
listed = open("/proc/net/tcp6").read()
print(json.dumps({
    "isolated": isolated,
    "told": is_isolated(),
    "another": os.readlink("/proc/self/ns/net") != before,
    "listed": f":{port:04X} " in listed,
    "user": [os.geteuid(), os.getegid()],
}), flush=True)
sys.stdin.read()
"""


def free_port():
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        return server.getsockname()[1]


def is_allowed(user):
    """Tell, by a tool of others, whether a user may have such a network."""
    mine = {} if user == os.geteuid() else {"user": user, "group": user, "extra_groups": []}
    command = ["unshare", "-n", "true"] if user == 0 else ["unshare", "-Un", "true"]
    return subprocess.run(command, capture_output=True, **mine).returncode == 0


@pytest.fixture(params=sorted({os.geteuid(), NOBODY} if os.geteuid() == 0 else {os.geteuid()}))
def user(request):
    return request.param


def test_a_server_inside_is_seen_by_nobody_outside(user):
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", INSIDE, str(user), str(port)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        told = json.loads(process.stdout.readline())
        outside = Path("/proc/net/tcp6").read_text()
        with socket.socket() as client:
            refused = client.connect_ex(("127.0.0.1", port)) != 0
        process.stdin.close()
    allowed = told["isolated"]
    # A system may let a user have such a network and not let it be of use (AppArmor).
    assert allowed == is_allowed(user) or (user != 0 and not allowed)
    assert told == {
        "isolated": allowed,
        "told": allowed or isolation.is_isolated(),
        "another": allowed,
        "listed": True,
        "user": [user, os.getegid() if user == os.geteuid() else user],
    }
    assert (f":{port:04X} " not in outside, refused) == (allowed, allowed)


def test_where_it_fails_in_a_child_this_process_stays_as_it_is(monkeypatch):
    monkeypatch.setattr(isolation, "_in_child_too", lambda: False)
    monkeypatch.setattr(isolation, "_isolate", lambda: pytest.fail("half of it is done"))
    assert not isolation.isolate_network()


def test_other_systems_have_no_such_thing(monkeypatch):
    monkeypatch.setattr(isolation.sys, "platform", "darwin")
    assert not isolation.isolate_network()
    assert not isolation.is_isolated()
