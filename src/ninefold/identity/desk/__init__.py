"""The desk: operators' verbs with both stores, rebuild, simulation of other rules."""
