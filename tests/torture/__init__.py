"""Many at once, and the lights going out: what the ledger promises must hold nevertheless."""
