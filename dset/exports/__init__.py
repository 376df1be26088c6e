"""Exports: answers become files that other tools read."""
