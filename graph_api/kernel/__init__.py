"""Pure vocabulary of the system: ids, quantities, records, changes, commands and errors. It imports nothing of ours."""
