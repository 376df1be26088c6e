"""Reports: what a dataset holds, in figures, and how they are told."""
