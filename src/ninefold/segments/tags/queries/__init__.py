"""SQL of tags: where their events come from, figures per person, and the versions of values."""
