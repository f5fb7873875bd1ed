"""Who the workers are: by TF_CONFIG, or by Slurm; read by TensorFlow's own resolvers.

| where | what is read |
|---|---|
| anywhere | `TF_CONFIG`, in JSON: `cluster` with the addresses of its `worker`s, and this one's `task` |
| Slurm | what `srun` sets: nodes and tasks of the step; ports from `CATDCGAN_PORT` (8888) upwards |

TensorFlow's port has no authentication: who reaches it can do what this process can.
"""

import ipaddress
import json
import os
import socket
from collections.abc import Mapping
from typing import NamedTuple

from catdcgan.console.errors import UserError, first_line_of

TF_CONFIG, SLURM_TASKS = "TF_CONFIG", "SLURM_STEP_NUM_TASKS"
PORT, FIRST_PORT = "CATDCGAN_PORT", 8888
JOBS = ("chief", "worker")  # TensorFlow's names: the chief, where there is one, is worker 0
SHARED_BY_CARRIERS = ipaddress.ip_network("100.64.0.0/10")  # as private as the others


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
        return number == 0 and (job == "chief" or "chief" not in _jobs_of(environment))
    return _number_in(environment, "SLURM_PROCID") == 0


def find_cluster(environment: Mapping[str, str] = os.environ) -> Cluster:
    """Return the workers that the environment names; TensorFlow is loaded.

    Raises:
        UserError: the environment is not as it should be.
    """
    if environment.get(TF_CONFIG, "").strip():
        found = _by_tf_config(environment)
    else:
        found = _by_slurm(environment)
    for address in found.addresses:
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 2**16:
            raise UserError(f"{TF_CONFIG}: {address} is no address; it needs a host and a port.")
    if len(set(found.addresses)) < len(found.addresses):
        raise UserError(f"{TF_CONFIG}: two workers have the same address; each needs its own.")
    return found


def refuse_peers_outside(cluster: Cluster, allow_remote: bool) -> None:
    """Check that all workers are in private networks.

    A name that has no address yet is passed over: machines of a job start one after the other.

    Raises:
        UserError: one is not, and that was not allowed.
    """
    for number in range(len(cluster.addresses)):
        host = cluster.addresses[number].rpartition(":")[0].strip("[]")
        for address in _addresses_of(host):
            if not allow_remote and not _is_private(address):
                raise UserError(
                    f"{cluster.described(number)}: {address} is outside private networks, and the "
                    "workers' ports have no authentication; --allow_remote is needed."
                )


def firewall_rule(cluster: Cluster) -> str:
    """Return a command that lets nobody but the other workers reach this one's port."""
    port = cluster.addresses[cluster.number].rpartition(":")[2]
    hosts = dict.fromkeys(address.rpartition(":")[0].strip("[]") for address in cluster.addresses)
    return f"iptables -I INPUT -p tcp --dport {port} ! -i lo -j DROP" + "".join(
        f" && iptables -I INPUT -p tcp --dport {port} -s {host} -j ACCEPT"
        for host in hosts
        if not _is_loopback(host)
    )


def _by_tf_config(environment: Mapping[str, str]) -> Cluster:
    import tensorflow as tf

    jobs = _jobs_of(environment)  # which tells what is wrong in one line
    job, number = _task_of(environment)
    if environment is os.environ:
        jobs = tf.distribute.cluster_resolver.TFConfigClusterResolver().cluster_spec().as_dict()
    addresses = tuple(address for name in JOBS for address in jobs.get(name, ()))
    return Cluster(addresses, number + (job == "worker") * len(jobs.get("chief", ())))


def _by_slurm(environment: Mapping[str, str]) -> Cluster:
    # The resolver's own reading of Slurm's lists. Not the resolver whole: it sorts the nodes by
    # name, node10 before node2, where tasks are numbered in the list's order, and it wants GPUs.
    from tensorflow.python.distribute.cluster_resolver import slurm_cluster_resolver as slurm

    try:
        nodes = slurm.expand_hostlist(environment["SLURM_STEP_NODELIST"])
        tasks = slurm.expand_tasks_per_node(environment["SLURM_STEP_TASKS_PER_NODE"])
    except (KeyError, ValueError) as error:
        raise UserError(
            f"Slurm: {first_line_of(error)}; SLURM_STEP_NODELIST and SLURM_STEP_TASKS_PER_NODE, "
            "which srun sets, are needed."
        ) from error
    first = _number_in(environment, PORT, FIRST_PORT)
    places = [
        (node, local) for node, count in zip(nodes, tasks, strict=True) for local in range(count)
    ]
    number = _number_in(environment, "SLURM_PROCID")
    here = environment.get("SLURMD_NODENAME", "")
    if number >= len(places) or (here and places[number][0].split(".")[0] != here.split(".")[0]):
        raise UserError(
            f"Slurm: task {number} is on {here}; tasks in the order of the nodes, "
            "--distribution=block, are needed."
        )
    return Cluster(tuple(f"{node}:{first + local}" for node, local in places), number)


def _config_of(environment: Mapping[str, str]) -> dict:
    try:
        config = json.loads(environment[TF_CONFIG])
    except ValueError as error:
        raise UserError(
            f"{TF_CONFIG}: no JSON ({first_line_of(error)}); JSON is needed."
        ) from error
    if not isinstance(config, dict):
        raise UserError(f"{TF_CONFIG}: it needs a cluster and a task.")
    return config


def _jobs_of(environment: Mapping[str, str]) -> dict[str, list[str]]:
    jobs = _config_of(environment).get("cluster", {})
    lists = isinstance(jobs, dict) and all(
        isinstance(job, list) and all(isinstance(address, str) for address in job)
        for job in jobs.values()
    )
    if not lists:
        raise UserError(f"{TF_CONFIG}: its cluster needs a list of addresses for each job.")
    if unknown := sorted(jobs.keys() - set(JOBS)):
        raise UserError(f"{TF_CONFIG}: a job {unknown[0]}; only workers, and a chief, are needed.")
    return jobs


def _task_of(environment: Mapping[str, str]) -> tuple[str, int]:
    task = _config_of(environment).get("task")
    task = task if isinstance(task, dict) else {}
    job, number = task.get("type"), task.get("index")
    if isinstance(number, str) and number.isdigit():
        number = int(number)  # scripts paste it from the environment
    count = len(_jobs_of(environment).get(str(job), ()))
    if not isinstance(number, int) or not 0 <= number < count:
        raise UserError(
            f"{TF_CONFIG}: its task is {job} {number}; a type and an index of its cluster are needed."
        )
    return str(job), number


def _number_in(environment: Mapping[str, str], name: str, otherwise: int | None = None) -> int:
    text = environment.get(name, "" if otherwise is None else str(otherwise))
    if not text.isdigit():
        raise UserError(f"{name}: {text!r}; a number is needed.")
    return int(text)


def _addresses_of(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(entry[4][0]).partition("%")[0] for entry in found]


def _is_private(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    shared = parsed.version == 4 and parsed in SHARED_BY_CARRIERS
    return parsed.is_private or parsed.is_loopback or parsed.is_link_local or shared


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
