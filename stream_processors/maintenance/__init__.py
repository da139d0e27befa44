"""Commands and audits over stored data."""
