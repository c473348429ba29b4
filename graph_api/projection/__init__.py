"""The fold: how the change log becomes state in memory, and how commands become commits."""
