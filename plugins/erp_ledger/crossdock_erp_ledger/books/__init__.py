"""Plain-text books in a folder of this machine."""
