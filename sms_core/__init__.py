"""The stock system itself: rules, use cases and ports; it imports the standard library and itself."""
