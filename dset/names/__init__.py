"""Names that a text may not hold, found in any spelling and script."""
