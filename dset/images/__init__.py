"""The image wing: picture files, prepared and compared."""
