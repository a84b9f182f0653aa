"""The stock system itself: rules, use cases and ports. Imports the standard library and itself only."""
