"""Permission as GraphQL shows it: section B of the contract."""
