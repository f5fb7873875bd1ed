"""Watching a run learn: its numbers, its health in words, its curves, its film, its page.

Nothing here needs TensorFlow, changes what is learned, or stops training when it fails.
"""
