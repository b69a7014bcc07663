"""Sources that are asked by schedule: file drops, SQL databases, REST APIs."""
