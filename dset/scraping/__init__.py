"""Image search: pictures collected from several sources, with where they come from."""
