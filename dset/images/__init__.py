"""Picture files: opened safely, made fit, compared, numbered. Nothing of captions, of the engine or of settings."""
