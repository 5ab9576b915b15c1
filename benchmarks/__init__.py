"""Oqu beside its peers, side by side, in one run: `make bench`. Reports times, asserts none."""
