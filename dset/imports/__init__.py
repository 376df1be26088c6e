"""Tables and the answers of other runs, as the q.csv of a run."""
