"""Sending: `messages` makes them, `courier` carries them, `lease` keeps a worker's claim alive."""
