"""The stock system itself: rules, use cases, ports; all it imports is the standard library."""
