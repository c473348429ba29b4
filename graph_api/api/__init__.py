"""The GraphQL door: one schema of all rooms, who may pass, what a request may cost, and how errors are told."""
