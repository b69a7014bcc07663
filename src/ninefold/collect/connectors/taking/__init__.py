"""What all kinds share: rows into the inbox, records into rows, secrets, and what a run needs to know."""
