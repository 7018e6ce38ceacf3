"""Bringing labs up and down, and acting on the ones that run."""
