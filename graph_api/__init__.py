"""Swarmgraph: a living model of an organization in Neo4j, and the service that assembles proved teams on it."""
