"""The command line: one module a command, exit codes, and errors as one readable paragraph."""
