"""The measurement of the cost constants by which auto decides."""
