"""Watching a run learn: its numbers, its health in words, its curves, its film, its page.

Nothing here changes what is learned, and nothing here stops training when it fails.
"""
