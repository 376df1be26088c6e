"""What dset_generator.py is made of: each module is one noun of the story the script tells."""

__version__ = "0.1.0"
