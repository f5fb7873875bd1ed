"""A training step of this project, with all that its loop fetches in it (the guard too)."""

from catdcgan.machine.tensorflow_import import import_tensorflow, onednn_is_on
from catdcgan.settings.resolving import make_config
from step_rivals.measuring import parse, random_batch, time_steps


def main() -> None:
    """Measure; a way is a precision."""
    asked = parse(["bfloat16", "float32"])
    import_tensorflow()
    import tensorflow as tf

    from catdcgan.graph.training import build_training_graph
    from catdcgan.machine import devices

    config = make_config(
        {
            "batch_size": asked.batch_size,
            "image_size": asked.image_size,
            "base_filters": asked.base_filters,
            "z_dim": asked.z_dim,
        }
    )
    graph = build_training_graph(config, tf.as_dtype(asked.way))
    pictures, z = random_batch(asked)
    feed = {
        graph.inputs.real_images: pictures,
        graph.inputs.z: z,
        graph.inputs.lr_d: config.lr_d,
        graph.inputs.lr_g: config.lr_g,
        graph.inputs.step: 0,
    }
    numbers = graph.numbers
    fetched = [numbers, graph.real_scores, graph.fake_scores, graph.finite, graph.train_g]
    session_config = devices.session_config()
    with tf.compat.v1.Session(graph=graph.graph, config=session_config) as session:
        session.run(graph.initialize)
        graph.graph.finalize()
        time_steps(asked, lambda: session.run(fetched, feed), onednn_is_on())


if __name__ == "__main__":
    main()
