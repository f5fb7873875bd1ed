"""Heartbeats: a tiny collective operation now and then, by which each worker knows of all others.

A worker that was killed ends it with an error at once; one that is frozen, or cut off, lets it run
into its time limit. One that is only slow, since it writes a checkpoint or decodes pictures, goes
on beating: a thread does it.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.workers import collective_keys as keys
from catdcgan.workers.states import State, parse_state

SECONDS_BETWEEN_BEATS = 0.5
SECONDS_FOR_LEAVING = 3.0  # for the others to end by themselves, once one has left early


class Beats(NamedTuple):
    """What the heartbeats have told so far.

    Attributes:
        states: of all workers, by number.
        lost: why the others count as lost, None while they do not.
    """

    states: Sequence[State]
    lost: str | None


class Heartbeat:
    """Beats until all workers have ended, or one is lost."""

    def __init__(
        self,
        open_session: Callable[[tf.Graph], v1.Session],
        device: str,
        workers: int,
        silence: float,
        on_loss: Callable[[str], None],
    ) -> None:
        """Begin to beat.

        Args:
            open_session: of the runtime that connects the workers.
            device: a processor of this one.
            silence: seconds without a beat after which a worker counts as lost.
            on_loss: is told, from another thread, that there will be no more beats, and why.
        """
        self._state = State()
        self._states: list[State] = [State()] * workers
        self._lost: str | None = None
        self._all_ended = threading.Event()
        self._silence, self._on_loss = silence, on_loss
        self._last = time.monotonic()
        with tf.Graph().as_default() as graph, tf.device(device):
            self._own = v1.placeholder(tf.int32, [1])
            self._all = tf.raw_ops.CollectiveGather(
                input=self._own,
                group_size=workers,
                group_key=keys.HEARTBEAT_GROUP,
                instance_key=keys.HEARTBEAT,
                shape=[workers],
                timeout_seconds=silence,
            )
        self._session = open_session(graph)
        for work in (self._beat, self._watch):
            threading.Thread(target=work, daemon=True, name=work.__name__).start()

    def told(self) -> Beats:
        """Return what the beats have told."""
        return Beats(self._states, self._lost)

    def end(self, state: State) -> None:
        """Tell the others that this worker has ended."""
        self._state = state

    def wait_for_all(self, seconds: float | None = None) -> bool:
        """Return when all workers have ended, or one is lost; tell whether all have ended."""
        self._all_ended.wait(seconds)
        return all(state.ended for state in self._states)

    def _beat(self) -> None:
        while True:
            try:
                own = [self._state.as_number()]
                numbers = self._session.run(self._all, {self._own: own})
            except Exception as error:
                self._lose(_kind_of(error))
                return
            self._last = time.monotonic()
            self._states = [parse_state(int(number)) for number in numbers]
            if all(state.ended for state in self._states):
                self._all_ended.set()
                return
            time.sleep(SECONDS_BETWEEN_BEATS)

    def _watch(self) -> None:
        left_since = None
        while not self._all_ended.wait(SECONDS_BETWEEN_BEATS / 5):
            now = time.monotonic()
            if self._lost is not None:
                return
            if now - self._last > self._silence + 2 * SECONDS_BETWEEN_BEATS:
                self._lose(f"no sign of life for {now - self._last:.0f} s")
            if any(state.early for state in self._states) and not self._state.ended:
                left_since = left_since or now
                if now - left_since > SECONDS_FOR_LEAVING:
                    self._lose("it has left")

    def _lose(self, reason: str) -> None:
        if self._lost is None and not self._all_ended.is_set():
            self._lost = reason
            self._on_loss(reason)
            self._all_ended.set()


def _kind_of(error: Exception) -> str:
    """Return in a word or two why TensorFlow gave up."""
    return type(error).__name__.removesuffix("Error")
