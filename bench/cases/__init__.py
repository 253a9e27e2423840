"""The cases, one module each; ``bench.__main__`` knows them by name."""
