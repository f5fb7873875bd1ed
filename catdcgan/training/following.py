"""What a worker does that does not keep the run: it learns, and writes nothing."""

from typing import TYPE_CHECKING

from catdcgan.console import exits
from catdcgan.console.words import counted
from catdcgan.datasets.loading import Dataset
from catdcgan.settings.config import Config
from catdcgan.settings.schedule import make_schedule
from catdcgan.training.starting import build

if TYPE_CHECKING:
    from catdcgan.workers.team import Alone


def follow(config: Config, dataset: Dataset, team: "Alone") -> int:
    """Do the steps of a run that worker 0 keeps, on this worker's rows of each batch.

    Args:
        config: the run's settings, with nothing left open.

    Returns:
        The exit code.

    Raises:
        UserError: something the user must settle.
        LostWorkerError: another worker is gone.
    """
    graph, _, session_config = build(config, None, team)
    from catdcgan.machine import preemption, stop_signals
    from catdcgan.training.prefetch import Prefetcher
    from catdcgan.training.stepping import Stepping

    def say(text: str) -> None:
        if not config.quiet:
            print(text, flush=True)

    schedule = make_schedule(config, len(dataset.images))
    steps = Stepping(config, graph, dataset.images, schedule, session_config, team)
    step = team.exchange({})[0]["step"]
    say(f"learning   as worker {team.index} of {team.size}, from step {step:,}; worker 0 saves")
    with (
        stop_signals.listen_for_stop(say) as stop,
        preemption.watch(config.watch_preemption, say, stop.ask),
        steps.open_session() as session,
    ):
        steps.spread_values(session)
        with Prefetcher(
            lambda step: steps.feeds.send_ahead(session, step), range(step, schedule.last_step)
        ) as prefetcher:
            for index, feed in prefetcher:
                if steps.ends(stop):
                    break
                steps.run(session, index, feed, stop)
                step = index + 1
    if step < schedule.last_step:
        say(f"stopped after {counted(step, 'step')}, with all workers")
        return exits.EXIT_STOPPED
    return 0
