"""Every setting once: what it is, the presets, and how a command's flags are resolved."""
