"""Requests that nobody sends who means well: what they are made of, who sends them, and what answers must look like."""
