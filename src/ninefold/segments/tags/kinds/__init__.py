"""The kinds of tags that are one file each."""
