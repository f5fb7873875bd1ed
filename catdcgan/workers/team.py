"""The workers of a run, as one of them sees them: they agree on things, and leave together.

What connects them is TensorFlow's server of each process; all that travels does so by collective
operations. A single process is a team too, with nobody to ask.
"""

import contextlib
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow.compat.v1 as v1
from tensorflow.core.protobuf import rewriter_config_pb2

from catdcgan.console import exits
from catdcgan.console.errors import LostWorkerError, UserError
from catdcgan.workers import collective_keys as keys
from catdcgan.workers.addresses import answers, open_socket, port_of
from catdcgan.workers.cluster import Cluster
from catdcgan.workers.heartbeat import Heartbeat
from catdcgan.workers.states import State

EXCHANGED = 1 << 16  # bytes that a worker may say at once
SECONDS_BETWEEN_CALLS = 0.2  # of a worker that has not come yet
SECONDS_FOR_ERRORS = 2.0  # in which an operation that misses a lost worker ends by itself
SECONDS_FOR_FAREWELL = 60.0
# What an operation ends with when another worker is gone.
LOSSES = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.InternalError,
    tf.errors.FailedPreconditionError,
)


class Alone:
    """A team of one.

    Attributes:
        index: of this worker; number 0, the chief, keeps the run.
        size: workers.
        before_leaving: is called before this process ends because another one is lost.
    """

    index, size = 0, 1
    before_leaving: Callable[[], object] | None = None

    @property
    def is_chief(self) -> bool:
        """Tell whether this worker keeps the run."""
        return self.index == 0

    def open_session(self, graph: tf.Graph, config: v1.ConfigProto) -> v1.Session:
        """Return a session in which the workers' collective operations meet."""
        return v1.Session(graph=graph, config=config)

    def exchange(self, said: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return what each worker says, by number; all have to call this, in the same order.

        Raises:
            LostWorkerError: another one is gone.
        """
        return [dict(said)]

    @contextlib.contextmanager
    def needed(self) -> Iterator[None]:
        """Run inside the block what waits for the other workers.

        Raises:
            LostWorkerError: one of them is gone.
        """
        yield

    def leave(self, code: int, *, early: bool = False) -> int:
        """Tell the others how this worker ends, wait until they end too; return the exit code.

        Args:
            code: this worker's own exit code; that of worker 0 counts.
            early: the others do not know yet that there is an end.
        """
        return code


class Team(Alone):
    """Several workers."""

    def __init__(self, cluster: Cluster, config: v1.ConfigProto, silence: float) -> None:
        """Start this worker's part of the runtime; nobody is waited for yet.

        Args:
            config: of sessions: what they take of the machine is settled here, for all of them.
            silence: seconds without a sign of life after which a worker counts as lost.

        Raises:
            UserError: its port is in use.
        """
        self.index, self.size = cluster.number, len(cluster.addresses)
        self.cluster, self._silence = cluster, silence
        self._device = f"/job:worker/replica:0/task:{self.index}"
        self._configure(config)
        _refuse_used_port(cluster)
        spec = tf.train.ClusterSpec({"worker": list(cluster.addresses)})
        self._server = tf.distribute.Server(spec, "worker", self.index, config=config)
        self._heartbeat: Heartbeat | None = None
        self._waiting: object | None = None
        with tf.Graph().as_default() as graph, tf.device(f"{self._device}/device:CPU:0"):
            self._said = v1.placeholder(tf.int32, [EXCHANGED])
            self._heard = tf.raw_ops.CollectiveGather(
                input=self._said,
                group_size=self.size,
                group_key=keys.EXCHANGE_GROUP,
                instance_key=keys.EXCHANGE,
                shape=[self.size * EXCHANGED],
            )
        self._exchange_session = self.open_session(graph, v1.ConfigProto())

    def meet(self, seconds: float) -> None:
        """Return when all workers are there.

        Args:
            seconds: that are waited for those that come later.

        Raises:
            LostWorkerError: one has not come.
        """
        end = time.monotonic() + seconds
        for number in range(self.size):
            while not answers(self.cluster.addresses[number]):
                if time.monotonic() > end:
                    raise LostWorkerError(
                        f"{self.cluster.described(number)} has not come within {seconds:g} s; "
                        "the same command on each machine is needed, and an open port."
                    )
                time.sleep(SECONDS_BETWEEN_CALLS)
        self._heartbeat = Heartbeat(
            lambda graph: self.open_session(graph, v1.ConfigProto()),
            f"{self._device}/device:CPU:0",
            self.size,
            self._silence,
            self._note_loss,
        )

    def open_session(self, graph: tf.Graph, config: v1.ConfigProto) -> v1.Session:
        """Return a session in which the workers' collective operations meet."""
        self._configure(config)
        return v1.Session(self._server.target, graph=graph, config=config)

    def exchange(self, said: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return what each worker says, by number; all have to call this, in the same order."""
        text = json.dumps(said).encode()
        if len(text) > EXCHANGED:
            raise ValueError(f"{len(text)} bytes are too many to exchange")
        padded = np.frombuffer(text.ljust(EXCHANGED), np.uint8).astype(np.int32)
        with self.needed():
            heard = self._exchange_session.run(self._heard, {self._said: padded})
        rows = heard.astype(np.uint8).reshape(self.size, EXCHANGED)
        return [json.loads(row.tobytes()) for row in rows]

    @contextlib.contextmanager
    def needed(self) -> Iterator[None]:
        """Run inside the block what waits for the other workers."""
        if self._beats().told().lost is not None:
            raise self._loss()
        self._waiting = object()
        try:
            yield
        except LOSSES as error:
            # The heartbeat tells whether that is what it looks like.
            self._beats().wait_for_all(self._silence + SECONDS_FOR_ERRORS)
            if self._beats().told().lost is None:
                raise
            raise self._loss() from error
        finally:
            self._waiting = None

    def leave(self, code: int, *, early: bool = False) -> int:
        """Tell the others how this worker ends, wait until they end too; return the exit code."""
        if self._heartbeat is None:
            return code
        self._heartbeat.end(State(True, early, code))
        patience = SECONDS_FOR_FAREWELL if early or self.is_chief else None
        self._heartbeat.wait_for_all(patience)
        chief = self._heartbeat.told().states[0]
        if self.is_chief or early:
            return code
        return chief.code if chief.ended else exits.EXIT_STOPPED

    def _configure(self, config: v1.ConfigProto) -> None:
        # Without a leader collective operations of several processes never begin.
        config.experimental.collective_group_leader = "/job:worker/replica:0/task:0"
        # On processors it makes operations of bfloat16 that the master refuses, since only later
        # rewriting would give them a kernel (TensorFlow 2.21).
        config.graph_options.rewrite_options.remapping = rewriter_config_pb2.RewriterConfig.OFF
        if not config.device_filters:  # a session needs no other worker to be there
            config.device_filters.append(f"/job:worker/task:{self.index}")

    def _beats(self) -> Heartbeat:
        assert self._heartbeat is not None, "the workers have not met"
        return self._heartbeat

    def _note_loss(self, reason: str) -> None:
        """End this process where it waits for one that will not come."""
        threading.Thread(target=self._end_when_stuck, daemon=True).start()

    def _end_when_stuck(self) -> None:
        while True:
            waiting = self._waiting
            time.sleep(SECONDS_FOR_ERRORS)
            if waiting is not None and waiting is self._waiting:
                break
        error = self._loss()
        print(error, file=sys.stderr, flush=True)
        if self.before_leaving is not None:
            self.before_leaving()
        sys.stdout.flush()
        os._exit(error.code)

    def _loss(self) -> LostWorkerError:
        """Return which worker is lost, as far as that can be told."""
        states, reason = self._beats().told()
        for number, state in enumerate(states):
            if state.early and number != self.index:
                return LostWorkerError(
                    f"{self.cluster.described(number)} has left with exit code {state.code}; "
                    "what it says is the reason.",
                    state.code,
                )
        others = [number for number in range(self.size) if number != self.index]
        away = [number for number in others if not answers(self.cluster.addresses[number])]
        named = ", ".join(self.cluster.described(number) for number in away)
        if not named:
            named = "another worker" if len(others) > 1 else self.cluster.described(others[0])
        return LostWorkerError(
            f"{named} does not answer any more ({reason}); the same command goes on from the last "
            "checkpoint, once it is started on all machines."
        )


def _refuse_used_port(cluster: Cluster) -> None:
    # TensorFlow's own words for it are "could not start gRPC server".
    port = int(port_of(cluster.addresses[cluster.number]))
    with open_socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("", port))
        except OSError as error:
            raise UserError(
                f"{cluster.described(cluster.number)}: the port cannot be listened on "
                f"({error.strerror}); a free one is needed."
            ) from error
