// Remove relationships.
// The length 1..1 and an end without a label bind the planner to the source at hand, as in write_links.
// mode: write
// params: rows LIST<MAP>
// returns:
// plan: unique index on Entity.id
UNWIND $rows AS row
MATCH (source:Entity {id: row.source})
MATCH (source)-[stored*1..1]->(found)
WHERE found.id = row.target AND type(stored[0]) = row.type AND stored[0].discriminator = row.discriminator
FOREACH (link IN stored | DELETE link)
