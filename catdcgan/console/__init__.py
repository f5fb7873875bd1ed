"""What the commands say to people: errors of one line, words for things, progress."""
