"""Picture files, in folders and archives, to pixels; and pixels to picture files."""
