"""The profiler that answers: where the time went, why, what would help, and what it did help."""
