"""The parts of the embedded stack that need no server."""
