"""What tests stand on: real servers that start and stop with the run, and the run's own manners."""
