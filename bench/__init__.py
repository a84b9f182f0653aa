"""What is measured, and what is needed to measure it."""
