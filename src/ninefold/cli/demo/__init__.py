"""Data sources of `ninefold demo`: a generated brand with planted truth, and The Complete Journey."""
