"""The graph, built once by pure functions: placeholders -> networks -> losses -> train ops."""
