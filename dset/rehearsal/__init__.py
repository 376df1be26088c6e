"""The offline endpoint: a real server on loopback, its faults, its canned answers, and the stage for a rehearsal.

Imports nothing here: `python -m dset.rehearsal.server` would warn of a module loaded twice.
"""
