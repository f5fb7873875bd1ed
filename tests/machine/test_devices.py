import pytest
import tensorflow as tf

from catdcgan.machine import devices


@pytest.fixture
def with_gpu(monkeypatch):
    monkeypatch.setattr(devices, "on_gpu", lambda: True)


def test_a_processor_does_one_operation_at_a_time_with_all_threads():
    config = devices.session_config(threads=2)
    assert (config.intra_op_parallelism_threads, config.inter_op_parallelism_threads) == (2, 1)


def test_a_gpu_does_as_many_operations_at_a_time_as_tensorflow_chooses(with_gpu):
    assert devices.session_config().inter_op_parallelism_threads == 0


def test_the_memory_of_a_gpu_is_taken_as_needed():
    assert devices.session_config().gpu_options.allow_growth


def test_jit_compiles_on_a_gpu(with_gpu):
    level = devices.session_config(jit=True).graph_options.optimizer_options.global_jit_level
    assert level == tf.compat.v1.OptimizerOptions.ON_1


def test_jit_is_left_off_on_a_processor():
    level = devices.session_config(jit=True).graph_options.optimizer_options.global_jit_level
    assert level == tf.compat.v1.OptimizerOptions.DEFAULT


def test_the_precision_asked_for_is_used():
    assert devices.compute_dtype("float32") == tf.float32
    assert devices.compute_dtype("bfloat16") == tf.bfloat16


@pytest.mark.parametrize(("has_it", "expected"), [(True, tf.bfloat16), (False, tf.float32)])
def test_auto_is_bfloat16_where_the_machine_has_it(monkeypatch, has_it, expected):
    monkeypatch.setattr(devices, "has_bfloat16", lambda: has_it)
    assert devices.compute_dtype("auto") == expected


def test_without_a_gpu_the_processor_is_chosen():
    assert devices.choose_devices() == ["/device:CPU:0"]


def test_more_gpus_than_there_are_is_an_error():
    with pytest.raises(ValueError, match="0 GPUs are here"):
        devices.choose_devices("gpu", 2)


def test_a_processor_may_be_taken_for_several_devices():
    chosen = devices.choose_devices("cpu", 3)
    assert chosen == ["/device:CPU:0", "/device:CPU:1", "/device:CPU:2"]
    assert devices.session_config(devices=chosen).device_count["CPU"] == 3
