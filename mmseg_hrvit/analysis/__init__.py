"""Costs of networks, and results of runs."""
