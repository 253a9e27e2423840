"""Floor 1: clock, chance and secrets, signing, mail transport, the strict decoder. Knows nothing of guests."""
