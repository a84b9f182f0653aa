"""How dates and times are written, where the default is not what a warehouse writes."""
