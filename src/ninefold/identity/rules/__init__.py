"""Pure decisions of OneID: reading values, reading the rules, encoding a batch, joining clusters, planning writes."""
