"""The offline endpoint: a real server on loopback, its faults, its canned answers, and the stage for a rehearsal."""
