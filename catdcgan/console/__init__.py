"""What the commands say to people: errors of one line, words, progress, exit codes."""
