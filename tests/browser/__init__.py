"""The page in a real browser: Debian's Chromium over a stack with the demo's conversations."""
