"""The arrival of a batch: unbinds, namesakes of hashed values, the watch over storms, and the resolution itself."""
