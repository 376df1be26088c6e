"""The answers of an output folder, searched, filtered and looked at one by one; the folder is never written to."""
