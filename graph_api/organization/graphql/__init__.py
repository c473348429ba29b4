"""GraphQL of the base graph: what it shows, asks and changes, and the vocabulary that all other rooms share."""
