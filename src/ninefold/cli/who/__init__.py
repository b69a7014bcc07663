"""Commands about people and who is who."""
