"""In-memory doubles of the core's ports, one module per capability."""
