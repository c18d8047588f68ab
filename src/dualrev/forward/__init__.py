"""Forward mode: numbers that carry tangents."""
