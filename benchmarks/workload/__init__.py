"""The events that are measured: conversations, their variations, and bulk copies."""
