"""A run's folder: what lies in it, who may write to it, and how a run is opened again."""
