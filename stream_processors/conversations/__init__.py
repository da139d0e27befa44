"""The domain: facts as a pure function of the events of a conversation."""
