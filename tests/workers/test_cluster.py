"""Who the workers are, by environments as TF_CONFIG and Slurm have them."""

import json
import socket

import pytest

from catdcgan.console.errors import UserError
from catdcgan.workers import cluster
from catdcgan.workers.cluster import (
    Cluster,
    find_cluster,
    firewall_rule,
    is_chief,
    names_cluster,
    refuse_peers_outside,
)

TWO = ["10.0.0.1:2222", "10.0.0.2:2222"]


def tf_config(jobs, job="worker", index=0):
    return {"TF_CONFIG": json.dumps({"cluster": jobs, "task": {"type": job, "index": index}})}


def slurm(number, nodes, tasks, count, here=""):
    return {
        "SLURM_PROCID": str(number),
        "SLURM_STEP_NUM_TASKS": str(count),
        "SLURM_STEP_NODELIST": nodes,
        "SLURM_STEP_TASKS_PER_NODE": tasks,
        "SLURMD_NODENAME": here,
    }


@pytest.fixture
def found(monkeypatch):
    """Return a function that finds the cluster of an environment."""

    def find(environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return find_cluster()

    return find


@pytest.mark.parametrize(
    ("environment", "several"),
    [
        ({}, False),
        ({"TF_CONFIG": " "}, False),
        ({"TF_CONFIG": "{}"}, False),
        (tf_config({"worker": ["10.0.0.1:2222"]}), False),
        (tf_config({"chief": ["a:1"]}, "chief"), False),
        (tf_config({"worker": TWO, "ps": []}), True),
        (tf_config({"chief": ["a:1"], "worker": ["b:1"]}), True),
        ({"SLURM_STEP_NUM_TASKS": "1"}, False),
        ({"SLURM_STEP_NUM_TASKS": "2"}, True),
        ({"SLURM_STEP_NUM_TASKS": "2", **tf_config({"worker": ["a:1"]})}, False),
    ],
)
def test_whether_there_are_several_workers(environment, several):
    assert names_cluster(environment) is several


@pytest.mark.parametrize(
    ("environment", "chief"),
    [
        (tf_config({"worker": TWO}, index=0), True),
        (tf_config({"worker": TWO}, index=1), False),
        (tf_config({"worker": TWO}, index="0"), True),
        (tf_config({"worker": TWO, "chief": []}, index=0), True),
        (tf_config({"chief": ["a:1"], "worker": ["b:1"]}, "chief"), True),
        (tf_config({"chief": ["a:1"], "worker": ["b:1"]}, "worker"), False),
        ({"SLURM_PROCID": "0"}, True),
        ({"SLURM_PROCID": "1"}, False),
    ],
)
def test_worker_0_is_the_chief(environment, chief):
    assert is_chief(environment) is chief


def test_tf_config_names_the_workers(found):
    assert found(tf_config({"worker": TWO}, index=1)) == Cluster(tuple(TWO), 1)


def test_an_index_may_be_pasted_as_text(found):
    assert found(tf_config({"worker": TWO}, index="1")).number == 1


def test_a_chief_goes_before_the_workers(found):
    environment = tf_config({"worker": TWO, "chief": ["[fd00::1]:2222"]}, index=1)
    assert found(environment) == Cluster(("[fd00::1]:2222", *TWO), 2)


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({"TF_CONFIG": "{"}, "JSON is needed"),
        ({"TF_CONFIG": "[1]"}, "list; a cluster and a task are needed"),
        (tf_config(TWO), "a cluster without lists"),
        (tf_config({"worker": {"0": "a:1", "1": "b:1"}}), "a cluster without lists"),
        (tf_config({"worker": [1, 2]}), "a cluster without lists"),
        (tf_config({"worker": TWO, "ps": ["c:1"]}), "a job ps;"),
        (tf_config({"worker": TWO, "evaluator": ["c:1"]}), "a job evaluator;"),
        (tf_config({"chief": TWO}, "chief"), "2 chiefs; one at most"),
        ({"TF_CONFIG": json.dumps({"cluster": {"worker": TWO}})}, "its task is None None;"),
        (tf_config({"worker": TWO}, index=2), "its task is worker 2;"),
        (tf_config({"worker": TWO}, index=-1), "its task is worker -1;"),
        (tf_config({"worker": TWO}, index=True), "its task is worker True;"),
        (tf_config({"worker": TWO}, "evaluator"), "its task is evaluator 0;"),
        (tf_config({"worker": ["a", "b:1"]}), "a is no address;"),
        (tf_config({"worker": ["a:http", "b:1"]}), "a:http is no address;"),
        (tf_config({"worker": ["a:65536", "b:1"]}), "a:65536 is no address;"),
        (tf_config({"worker": [":1", "b:1"]}), ":1 is no address;"),
        (tf_config({"worker": ["a:1", "a:1"]}), "a:1 is twice there;"),
    ],
)
def test_what_is_wrong_with_tf_config_is_one_line(found, environment, line):
    with pytest.raises(UserError) as error:
        found(environment)
    assert str(error.value).startswith("TF_CONFIG: ")
    assert line in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("nodes", "tasks", "addresses"),
    [
        ("node[2,10]", "1(x2)", ["node2:8888", "node10:8888"]),
        ("node[10,2]", "1(x2)", ["node10:8888", "node2:8888"]),
        ("gpu-[01-03]", "1(x3)", ["gpu-01:8888", "gpu-02:8888", "gpu-03:8888"]),
        ("a,b,c", "2(x2),1", ["a:8888", "a:8889", "b:8888", "b:8889", "c:8888"]),
        ("b1,a[1-2]", "1,2,1", ["b1:8888", "a1:8888", "a1:8889", "a2:8888"]),
        ("alone", "12", [f"alone:{8888 + task}" for task in range(12)]),
    ],
)
def test_slurms_workers_are_in_the_order_of_its_list(found, nodes, tasks, addresses):
    last = len(addresses) - 1
    here = addresses[last].partition(":")[0]
    expected = Cluster(tuple(addresses), last)
    assert found(slurm(last, nodes, tasks, len(addresses), here)) == expected


def test_a_task_knows_its_node_by_its_long_name_too(found):
    assert found(slurm(1, "a,b", "1(x2)", 2, here="b.cluster")).number == 1


def test_slurms_ports_begin_where_they_are_told_to(found):
    environment = {**slurm(0, "a", "2", 2), "CATDCGAN_PORT": "9000"}
    assert found(environment).addresses == ("a:9000", "a:9001")


def test_tf_config_counts_before_slurm(found):
    assert found({**slurm(0, "a", "3", 3), **tf_config({"worker": TWO})}).addresses == tuple(TWO)


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        (slurm(1, "a,b", "2(x2)", 4, here="b"), "Slurm: task 1 of 4 is on b; "),
        (slurm(2, "a,b", "1(x2)", 2, here="b"), "Slurm: task 2 of 2 is on b; "),
        (slurm(0, "a,b", "2(x2)", 3), "Slurm: Requested 3 tasks but only 4 were assigned"),
        (slurm(0, "rack[1-2]node[1-2]", "1(x4)", 4), "Slurm: Invalid hostlist format"),
        (slurm(0, "a,b", "one", 2), "Slurm: Invalid tasks-per-node list"),
        ({"SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "2"}, "Slurm: SLURM_STEP_NODELIST not"),
        ({"SLURM_STEP_NUM_TASKS": "2"}, "SLURM_PROCID: nothing; a number is needed."),
        ({**slurm(0, "a", "2", 2), "CATDCGAN_PORT": "http"}, "CATDCGAN_PORT: http; a number"),
        ({**slurm(0, "a", "2", 2), "CATDCGAN_PORT": "65535"}, "Slurm: a:65536 is no address;"),
    ],
)
def test_what_is_wrong_with_slurms_variables_is_one_line(found, environment, line):
    with pytest.raises(UserError) as error:
        found(environment)
    assert str(error.value).startswith(line)
    assert "\n" not in str(error.value)


def test_tasks_that_slurm_gives_the_same_gpus_share_them(found, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2,3,4")
    found(slurm(2, "a,b", "1,2", 3, here="b"))
    assert cluster.os.environ["CUDA_VISIBLE_DEVICES"] == "2,3"


@pytest.mark.parametrize(
    "environment",
    [
        {**slurm(1, "a", "2", 2), "SLURM_GPUS_PER_TASK": "2"},
        slurm(1, "a,b", "1(x2)", 2),
        slurm(1, "a", "5", 5),
    ],
    ids=["bound by Slurm", "each alone on its node", "fewer GPUs than tasks"],
)
def test_gpus_that_need_no_sharing_are_left_alone(found, monkeypatch, environment):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2,3")
    found(environment)
    assert cluster.os.environ["CUDA_VISIBLE_DEVICES"] == "0,1,2,3"


PRIVATE = (
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.1.1"),
    *("localhost", "[::1]", "[fd00::1]", "[fe80::1]", "[::ffff:10.0.0.1]"),
)


@pytest.mark.parametrize("host", PRIVATE)
def test_workers_in_private_networks_are_let_in(host):
    refuse_peers_outside(Cluster(("10.0.0.1:1", f"{host}:1"), 0), allow_remote=False)


@pytest.mark.parametrize(
    "host", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "[2001:4860:4860::8888]", "[::ffff:8.8.8.8]"]
)
def test_workers_outside_need_leave(host):
    outside = Cluster(("10.0.0.1:1", f"{host}:1"), 0)
    with pytest.raises(UserError, match=r"^worker 1 \(.*outside.*--allow_remote is needed\.$"):
        refuse_peers_outside(outside, allow_remote=False)
    refuse_peers_outside(outside, allow_remote=True)


def test_a_name_counts_by_its_addresses_as_soon_as_it_has_some(monkeypatch):
    known = {}

    def look_up(host, *_, **__):
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in known[host]
        ]

    monkeypatch.setattr(cluster.socket, "getaddrinfo", look_up)
    pods = Cluster(("pod-0:1", "pod-1:1"), 0)
    refuse_peers_outside(pods, allow_remote=False)
    known["pod-1"] = ["10.0.0.1", "8.8.8.8"]
    with pytest.raises(UserError, match=r"^worker 1 \(pod-1:1\): 8\.8\.8\.8 is outside"):
        refuse_peers_outside(pods, allow_remote=False)


def test_the_firewall_lets_only_the_other_machines_reach_the_ports_of_this_one():
    addresses = ("10.0.0.1:2222", "10.0.0.1:2223", "10.0.0.2:2222", "[fd00::3]:2222")
    assert firewall_rule(Cluster(addresses, 1)) == (
        "nft 'table inet catdcgan { chain input { type filter hook input priority 0; iif lo accept;"
        " tcp dport { 2222, 2223 } ip saddr { 10.0.0.2 } accept;"
        " tcp dport { 2222, 2223 } ip6 saddr { fd00::3 } accept;"
        " tcp dport { 2222, 2223 } drop; }; }'"
    )


def test_the_firewall_of_workers_on_one_machine_lets_nobody_in():
    rule = firewall_rule(Cluster(("127.0.0.1:2222", "127.0.0.1:2223"), 0))
    assert "saddr" not in rule
    assert "tcp dport { 2222, 2223 } drop" in rule


def test_a_worker_is_described_by_number_and_address():
    assert Cluster(tuple(TWO), 0).described(1) == "worker 1 (10.0.0.2:2222)"


def test_the_first_worker_of_a_machine_speaks_for_it():
    found = [
        cluster.speaks_for_machine(Cluster(("a:1", "a:2", "b:1"), number)) for number in range(3)
    ]
    assert found == [True, False, True]
