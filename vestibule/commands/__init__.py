"""The commands of ``vestibule``: each reads its words, opens the house, does one thing, and says what came of it."""
