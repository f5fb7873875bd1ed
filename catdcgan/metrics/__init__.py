"""How far generated pictures are from real ones, in numbers: pure functions, without training."""
