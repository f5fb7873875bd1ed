"""TensorFlow's keys of all collective operations: of groups of devices, and of operations in them.

By the numbers of its operations TensorFlow tells one graph's steps from another's: graphs that run
at the same time need other ones. Those of a training step are counted from 1.
"""

REPLICAS, FIRST_OF_WORKERS, HEARTBEAT_GROUP, EXCHANGE_GROUP = 1, 2, 3, 4  # groups
FIRST_OF_STEP, HEARTBEAT, EXCHANGE, FIRST_OF_SPREADING = 1, 1_000_001, 1_000_002, 2_000_000
