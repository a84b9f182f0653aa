"""The stock system itself: rules, use cases and ports. It imports nothing but the standard library."""
