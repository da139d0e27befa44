"""The SDK of Convostream."""
