"""What operators say about identifiers, inside the caller's transaction."""
