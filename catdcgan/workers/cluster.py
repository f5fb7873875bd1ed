"""Who the workers are: by TF_CONFIG, or by Slurm; told by TensorFlow's own resolvers.

| where | what is read |
|---|---|
| anywhere | `TF_CONFIG`, in JSON: a `cluster` with its `worker`s' addresses, and the own `task` |
| Slurm | what `srun` sets: nodes and tasks of the step; ports from `CATDCGAN_PORT` (8888) upwards |

TF_CONFIG counts first. TensorFlow's port has no authentication: who reaches it can do what this
process can.
"""

import ipaddress
import json
import os
import socket
from collections.abc import Mapping
from typing import NamedTuple

from catdcgan.console.errors import UserError, first_line_of
from catdcgan.console.words import printable
from catdcgan.workers.addresses import host_of, port_of
from catdcgan.workers.gpus import VISIBLE_GPUS, gpus_of, share_of

TF_CONFIG, SLURM_TASKS = "TF_CONFIG", "SLURM_STEP_NUM_TASKS"
PORT, FIRST_PORT = "CATDCGAN_PORT", 8888
JOBS = ("chief", "worker")  # TensorFlow's names: the chief, where there is one, is worker 0
SHARED_BY_CARRIERS = ipaddress.ip_network("100.64.0.0/10")  # as private as the others
# With one of these Slurm was told which GPUs are whose.
SLURM_BINDINGS = ("SLURM_GPUS_PER_TASK", "SLURM_NTASKS_PER_GPU", "SLURM_GPU_BIND")


class Cluster(NamedTuple):
    """The workers.

    Attributes:
        addresses: `host:port` of each.
        number: this one's.
    """

    addresses: tuple[str, ...]
    number: int

    def described(self, number: int) -> str:
        """Return a worker in words."""
        return f"worker {number} ({self.addresses[number]})"


def names_cluster(environment: Mapping[str, str]) -> bool:
    """Tell whether the environment names several workers; TensorFlow is not needed for that.

    Raises:
        UserError: TF_CONFIG is damaged.
    """
    if environment.get(TF_CONFIG, "").strip():
        return sum(map(len, _jobs_of(environment).values())) > 1
    return _number_in(environment, SLURM_TASKS, 1) > 1


def is_chief(environment: Mapping[str, str]) -> bool:
    """Tell whether this is worker 0, which keeps the run.

    Raises:
        UserError: the environment does not tell.
    """
    if environment.get(TF_CONFIG, "").strip():
        job, number = _task_of(environment)
        return number == 0 and (job == "chief" or not _jobs_of(environment).get("chief"))
    return _number_in(environment, "SLURM_PROCID") == 0


def find_cluster() -> Cluster:
    """Return the workers that the environment names; TensorFlow is loaded.

    The tasks that Slurm runs on one machine share its GPUs from now on.

    Raises:
        UserError: the environment is not as it should be.
    """
    if os.environ.get(TF_CONFIG, "").strip():
        return _checked(_by_tf_config(), TF_CONFIG)
    found = _checked(_by_slurm(), "Slurm")
    _share_gpus(found)
    return found


def refuse_peers_outside(cluster: Cluster, allow_remote: bool) -> None:
    """Check that all workers are in private networks.

    A name that has no address yet is passed over, since the machines of a job start one after the
    other: to be called again when all have answered.

    Raises:
        UserError: one is not, and that was not allowed.
    """
    if allow_remote:
        return
    for number, address in enumerate(cluster.addresses):
        for found in _addresses_of(host_of(address)):
            if not _is_private(found):
                raise UserError(
                    f"{cluster.described(number)}: {found} is outside private networks, and the "
                    "workers' ports have no authentication; --allow_remote is needed."
                )


def speaks_for_machine(cluster: Cluster) -> bool:
    """Tell whether this is the first worker of its machine, as far as addresses tell."""
    hosts = [host_of(address) for address in cluster.addresses]
    return hosts.index(hosts[cluster.number]) == cluster.number


def firewall_rule(cluster: Cluster) -> str:
    """Return a command, for root, that lets nobody but the workers reach the ports of this machine.

    Other rules stay as they are; `nft delete table inet catdcgan` takes it back.
    """
    here = host_of(cluster.addresses[cluster.number])
    ports = sorted(int(port_of(a)) for a in cluster.addresses if host_of(a) == here)
    hosts = dict.fromkeys(host for a in cluster.addresses if (host := host_of(a)) != here)
    known = [address for host in hosts for address in _addresses_of(host) or [host]]
    to_ports = f"tcp dport {{ {', '.join(map(str, ports))} }}"
    accepted = ""
    for family, of_family in (("ip", False), ("ip6", True)):
        peers = sorted({address for address in known if (":" in address) == of_family})
        if peers:
            accepted += f"{to_ports} {family} saddr {{ {', '.join(peers)} }} accept; "
    chain = f"type filter hook input priority 0; iif lo accept; {accepted}{to_ports} drop;"
    return f"nft 'table inet catdcgan {{ chain input {{ {chain} }}; }}'"


def _by_tf_config() -> Cluster:
    import tensorflow as tf

    job, number = _task_of(os.environ)  # which tells what is wrong in one line
    jobs = tf.distribute.cluster_resolver.TFConfigClusterResolver().cluster_spec().as_dict()
    addresses = tuple(address for name in JOBS for address in jobs.get(name, ()))
    return Cluster(addresses, number + (job == "worker") * len(jobs.get("chief", ())))


def _by_slurm() -> Cluster:
    from tensorflow.python.distribute.cluster_resolver import slurm_cluster_resolver as slurm

    number, count = _number_in(os.environ, "SLURM_PROCID"), _number_in(os.environ, SLURM_TASKS)
    try:
        # GPUs by number: it would ask nvidia-smi, and cannot do without any. As many as tasks,
        # since it leaves out tasks without one.
        resolver = slurm.SlurmClusterResolver(
            port_base=_number_in(os.environ, PORT, FIRST_PORT),
            gpus_per_node=count,
            gpus_per_task=1,
            auto_set_gpu=False,
        )
        nodes = slurm.expand_hostlist(os.environ["SLURM_STEP_NODELIST"])
    except (RuntimeError, ValueError) as error:
        raise UserError(
            f"Slurm: {first_line_of(error)}; the variables that srun sets are needed."
        ) from error
    # It sorts the nodes by name, node10 before node2; tasks are numbered in the order of the list.
    addresses = sorted(
        resolver.cluster_spec().job_tasks("worker"),
        key=lambda address: (nodes.index(host_of(address)), int(port_of(address))),
    )
    here = os.environ.get("SLURMD_NODENAME", "")
    if number >= count or (here and _short(host_of(addresses[number])) != _short(here)):
        raise UserError(
            f"Slurm: task {number} of {count} is on {here or 'no node'}; tasks in the order of the "
            "nodes are needed: srun --distribution=block."
        )
    return Cluster(tuple(addresses), number)


def _share_gpus(cluster: Cluster) -> None:
    """Let this process see its part of the GPUs, where all tasks of its machine see the same.

    Written by Slurm's manual, never run on such a machine.
    """
    bound = any(name in os.environ for name in SLURM_BINDINGS)
    host = host_of(cluster.addresses[cluster.number])
    here = [number for number, a in enumerate(cluster.addresses) if host_of(a) == host]
    if bound or len(here) < 2:
        return
    gpus = gpus_of(os.environ)
    if len(gpus) >= len(here):
        os.environ[VISIBLE_GPUS] = share_of(gpus, here.index(cluster.number), len(here))


def _checked(cluster: Cluster, source: str) -> Cluster:
    for address in cluster.addresses:
        host, port = host_of(address), port_of(address)
        if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 2**16:
            raise UserError(
                f"{source}: {printable(address)} is no address; a host and a port are needed."
            )
    for address in cluster.addresses:
        if cluster.addresses.count(address) > 1:
            raise UserError(f"{source}: {address} is twice there; each worker needs its own.")
    return cluster


def _config_of(environment: Mapping[str, str]) -> dict:
    try:
        config = json.loads(environment[TF_CONFIG])
    except (ValueError, RecursionError) as error:
        raise UserError(f"{TF_CONFIG}: {first_line_of(error)}; JSON is needed.") from error
    if not isinstance(config, dict):
        raise UserError(f"{TF_CONFIG}: {type(config).__name__}; a cluster and a task are needed.")
    return config


def _jobs_of(environment: Mapping[str, str]) -> dict[str, list[str]]:
    jobs = _config_of(environment).get("cluster", {})
    lists = isinstance(jobs, dict) and all(
        isinstance(job, list) and all(isinstance(address, str) for address in job)
        for job in jobs.values()
    )
    if not lists:
        raise UserError(f"{TF_CONFIG}: a cluster without lists; addresses for each job are needed.")
    jobs = {name: addresses for name, addresses in jobs.items() if addresses}
    if unknown := sorted(jobs.keys() - set(JOBS)):
        raise UserError(
            f"{TF_CONFIG}: a job {printable(unknown[0])}; only workers, and a chief, are needed."
        )
    if len(jobs.get("chief", ())) > 1:
        raise UserError(f"{TF_CONFIG}: {len(jobs['chief'])} chiefs; one at most is needed.")
    return jobs


def _task_of(environment: Mapping[str, str]) -> tuple[str, int]:
    task = _config_of(environment).get("task")
    task = task if isinstance(task, dict) else {}
    job, number = task.get("type"), task.get("index")
    if isinstance(number, str) and number.isascii() and number.isdigit():
        number = int(number)  # scripts paste it from the environment
    count = len(_jobs_of(environment).get(str(job), ()))
    if type(number) is not int or not 0 <= number < count:
        raise UserError(
            f"{TF_CONFIG}: its task is {printable(f'{job} {number}')}; a type and an index of its "
            "cluster are needed."
        )
    return str(job), number


def _number_in(environment: Mapping[str, str], name: str, otherwise: int | None = None) -> int:
    text = environment.get(name, "" if otherwise is None else str(otherwise))
    if not (text.isascii() and text.isdigit()):
        raise UserError(f"{name}: {printable(text) or 'nothing'}; a number is needed.")
    return int(text)


def _short(host: str) -> str:
    return host.partition(".")[0]


def _addresses_of(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(entry[4][0]).partition("%")[0] for entry in found]


def _is_private(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    if parsed.version == 6 and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    shared = parsed.version == 4 and parsed in SHARED_BY_CARRIERS
    return parsed.is_private or parsed.is_loopback or parsed.is_link_local or shared
