"""SQL of campaigns: `records` for members and effects, `outcomes` for the events store."""
