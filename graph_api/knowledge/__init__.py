"""Documents and experience: so far the records that imports fill."""
