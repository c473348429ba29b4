"""Permission graph: OpenFGA's language, its models and their conditions."""
