"""What is found out about a batch when it arrives: hashes of known values, and values that join too much."""
