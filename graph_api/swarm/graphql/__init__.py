"""GraphQL of swarms: what they are, what they are assembled for, and what became of assembling."""
