"""SQL of segments and of tags."""
