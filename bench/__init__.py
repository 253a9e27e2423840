"""What ``make bench`` runs: cases against the served program, yardsticks beside them, one table."""
