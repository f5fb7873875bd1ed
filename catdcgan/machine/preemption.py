"""A watcher that asks the cloud's metadata service whether this machine is about to be taken away.

| cloud | asked | says yes by | notice |
|---|---|---|---|
| gcp   | instance/preempted          | TRUE                       | 30 seconds |
| aws   | spot/instance-action        | an action (404 while none) | 2 minutes |
| azure | scheduledevents             | an event of type Preempt   | 30 seconds |

Sources: the clouds' documentation of preemptible, spot and low-priority machines.
"""

import contextlib
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

GCP_URL = "http://metadata.google.internal"
LINK_LOCAL_URL = "http://169.254.169.254"  # the same address on AWS and on Azure
SECONDS_BETWEEN_QUESTIONS = 5.0
TIME_OUT = 2.0  # seconds
TOKEN_SECONDS = 60
LARGEST_ANSWER = 2**16  # bytes

# Never through a proxy: the service answers this machine alone.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def asks_gcp(url: str = GCP_URL) -> bool:
    """Tell whether Compute Engine is about to take this machine."""
    path = f"{url}/computeMetadata/v1/instance/preempted"
    return _ask(path, {"Metadata-Flavor": "Google"}).strip() == b"TRUE"


def asks_aws(url: str = LINK_LOCAL_URL) -> bool:
    """Tell whether EC2 is about to take this machine; the service wants a token first."""
    seconds = {"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_SECONDS)}
    token = _ask(f"{url}/latest/api/token", seconds, method="PUT").decode("ascii")
    try:
        answer = _ask(
            f"{url}/latest/meta-data/spot/instance-action", {"X-aws-ec2-metadata-token": token}
        )
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 404:
            return False
        raise
    return json.loads(answer).get("action") in ("stop", "terminate", "hibernate")


def asks_azure(url: str = LINK_LOCAL_URL) -> bool:
    """Tell whether Azure is about to take this machine."""
    path = f"{url}/metadata/scheduledevents?api-version=2020-07-01"
    events = json.loads(_ask(path, {"Metadata": "true"})).get("Events", [])
    return any(event.get("EventType") == "Preempt" for event in events)


ASKS: dict[str, Callable[..., bool]] = {"gcp": asks_gcp, "aws": asks_aws, "azure": asks_azure}


@contextlib.contextmanager
def watch(
    cloud: str | None, say: Callable[[str], None], stop: Callable[[], None], **options: str
) -> Iterator[None]:
    """Ask again and again while the block runs; once the answer is yes, call `stop`.

    Not a signal: the machine's own SIGTERM, which follows, would count as the second.

    Silence and errors of the service are said once each time they begin, and asked again.

    Args:
        cloud: gcp, aws or azure; None watches nothing.
        options: `url` of another service.
    """
    if cloud is None:
        yield
        return
    ended = threading.Event()

    def ask_again_and_again() -> None:
        answered = True
        while not ended.is_set():
            try:
                preempted = ASKS[cloud](**options)
            except Exception as error:  # whatever it answers, the next answer may be the one
                if answered:
                    say(f"--watch_preemption: {cloud}'s metadata service gives no answer ({error})")
                answered, preempted = False, False
            else:
                answered = True
            if preempted:
                say(f"{cloud} is about to take this machine away")
                stop()
                return
            ended.wait(SECONDS_BETWEEN_QUESTIONS)

    thread = threading.Thread(target=ask_again_and_again, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(2 * TIME_OUT)


def _ask(url: str, headers: dict[str, str], method: str = "GET") -> bytes:
    request = urllib.request.Request(url, headers=headers, method=method)
    with _OPENER.open(request, timeout=TIME_OUT) as answer:
        return answer.read(LARGEST_ANSWER)
