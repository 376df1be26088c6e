"""Pages: a run and its dataset in a browser, and the tasks for other programs."""
