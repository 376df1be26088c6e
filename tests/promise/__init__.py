"""What tests/test_promise.py plays with: a user's q.csv, a service, a disk, and a machine that sets them on the program."""
