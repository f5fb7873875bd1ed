"""Several processes that train as one: who they are, and how they keep together."""
