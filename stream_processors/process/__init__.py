"""The process around the event loop: health, watchdog, logs and memory."""
