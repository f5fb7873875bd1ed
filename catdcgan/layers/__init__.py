"""One function a layer, and what its weights begin at."""
