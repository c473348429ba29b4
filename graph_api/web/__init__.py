"""The HTTP server: GraphQL over HTTP, health, and the query editor, all from this package."""
