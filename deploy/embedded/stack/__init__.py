"""The processes of the embedded stack and their supervisor."""
