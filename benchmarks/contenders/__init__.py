"""What runs in the end-to-end benchmark, one file each; `benchmarks/roster.py` lists them in their order."""
