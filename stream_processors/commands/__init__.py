"""The commands of `python -m stream_processors` that have files of their own; `__main__.py` lists them all."""
