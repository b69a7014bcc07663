"""SQL of matching: key fields in the events store, candidates and the queue in the records store. Pure."""
