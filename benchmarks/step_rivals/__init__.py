"""The same training step in several programs, each measured in a process of its own.

`python -m step_rivals.original --batch_size 64`, in the folder `benchmarks`, prints a line of JSON:
the seconds of each step and the most memory the process had. All compute the original's update (D
on reals and fakes, then G on the same `z`) on random pictures that are the same for all.
"""
