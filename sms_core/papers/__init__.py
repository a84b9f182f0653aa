"""What stands on the papers that people print, take along and sign."""
