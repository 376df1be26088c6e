"""A run as its files tell of it: looked at while it goes on, and afterwards. Nothing here changes a file."""
