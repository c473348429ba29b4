"""Managed Neo4j: install it, start it as a process of its own, share it between processes, end it (Linux, macOS)."""
