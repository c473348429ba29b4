"""Knowledge as GraphQL shows it."""
