// Remove relationships.
// The length 1..1 binds the planner to the two ends at hand, as in write_links.
// mode: write
// params: rows LIST<MAP>
// returns:
// plan: unique index on Entity.id, twice; CartesianProduct of two single rows
UNWIND $rows AS row
MATCH (source:Entity {id: row.source})
MATCH (target:Entity {id: row.target})
MATCH (source)-[stored*1..1]->(target)
WHERE type(stored[0]) = row.type AND stored[0].discriminator = row.discriminator
FOREACH (link IN stored | DELETE link)
