"""What is stored of texts: policies, redaction and keyed hashes."""
