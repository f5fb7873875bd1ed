"""The watcher against a local server that speaks as the clouds' metadata services do."""

import http.server
import json
import threading
import time

import pytest

from catdcgan.machine import preemption
from catdcgan.machine.preemption import ASKS, watch


class Metadata(http.server.ThreadingHTTPServer):
    """A metadata service; `says` is what it answers of the machine's fate."""

    says = "no"
    requests = 0
    daemon_threads = True

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_PUT(self):
        is_token = self.path == "/latest/api/token"
        self._answer(200 if is_token and self._wants_seconds() else 400, b"a token")

    def do_GET(self):
        self.server.requests += 1
        says = self.server.says
        if says == "silence":
            time.sleep(1.5)
        elif says == "error":
            self._answer(503, b"try later")
        elif says == "nonsense":
            self._answer(200, b"<html>")
        elif says == "garbage":
            self.wfile.write(b"no http at all\r\n")
        elif self.path == "/computeMetadata/v1/instance/preempted":
            flavoured = self.headers["Metadata-Flavor"] == "Google"
            self._answer(200 if flavoured else 403, b"TRUE" if says == "yes" else b"FALSE")
        elif self.path == "/latest/meta-data/spot/instance-action":
            known = self.headers["X-aws-ec2-metadata-token"] == "a token"
            action = {"action": "terminate", "time": "2026-11-21T08:22:00Z"}
            code = (200 if says == "yes" else 404) if known else 401
            self._answer(code, json.dumps(action).encode())
        elif self.path == "/metadata/scheduledevents?api-version=2020-07-01":
            kinds = ["Freeze", "Preempt"] if says == "yes" else ["Freeze"]
            events = [{"EventId": "1", "EventType": kind, "NotBefore": ""} for kind in kinds]
            answer = {"DocumentIncarnation": 2, "Events": events}
            self._answer(200 if self.headers["Metadata"] == "true" else 400, json.dumps(answer))
        else:
            self._answer(404, b"")

    def _wants_seconds(self):
        return int(self.headers["X-aws-ec2-metadata-token-ttl-seconds"]) > 0

    def _answer(self, code, body):
        body = body.encode() if isinstance(body, str) else body
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def service(monkeypatch):
    monkeypatch.setattr(preemption, "TIME_OUT", 0.3)
    monkeypatch.setattr(preemption, "SECONDS_BETWEEN_QUESTIONS", 0.02)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # never to be asked
    with Metadata(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def stops():
    return []


def wait_until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("cloud", ASKS)
def test_the_answer_of_each_cloud_is_understood(cloud, service):
    assert ASKS[cloud](service.url) is False
    service.says = "yes"
    assert ASKS[cloud](service.url) is True


@pytest.mark.parametrize("cloud", ASKS)
def test_a_coming_preemption_is_said_and_stops_the_run(cloud, service, stops):
    said = []
    with watch(cloud, said.append, lambda: stops.append("stop"), url=service.url):
        wait_until(lambda: service.requests >= 2)
        assert stops == []
        service.says = "yes"
        wait_until(lambda: stops)
    assert said == [f"{cloud} is about to take this machine away"]
    assert stops == ["stop"]


TROUBLES = [
    (cloud, trouble)
    for cloud in ASKS
    for trouble in ("silence", "error", "nonsense", "garbage")
    if (cloud, trouble) != ("gcp", "nonsense")  # any answer but TRUE is a no there
]


@pytest.mark.parametrize(("cloud", "trouble"), TROUBLES)
def test_trouble_is_said_once_and_the_next_answer_counts(cloud, trouble, service, stops):
    said = []
    service.says = trouble
    with watch(cloud, said.append, lambda: stops.append("stop"), url=service.url):
        wait_until(lambda: service.requests >= 2)
        service.says = "yes"
        wait_until(lambda: stops)
    assert [line for line in said if "gives no answer" in line] == said[:1]
    assert len(said) == 2


def test_without_a_cloud_nothing_is_asked(service):
    threads = threading.active_count()
    with watch(None, print, print):
        assert threading.active_count() == threads
