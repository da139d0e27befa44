"""The contenders of the end-to-end benchmark, one file each; `registry.py` lists them in order."""
