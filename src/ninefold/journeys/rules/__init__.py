"""Pure decisions of campaigns: `gate` for messages, `schedule` for occasions, `facts` for what is told."""
