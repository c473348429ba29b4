// Write relationships with all their properties; the count tells whether every end was there.
// The length 1..1 binds the planner to the ends at hand. A plan made while the database was empty would look for
// a plain relationship among all of its type, row by row, until the database plans anew. That the end found is compared
// afterwards binds it to the source: sources have few relationships, a target such as a skill may have all of a kind.
// mode: write
// params: rows LIST<MAP>
// returns: written INTEGER
// plan: unique index on Entity.id, twice; CartesianProduct of two single rows
UNWIND $rows AS row
MATCH (source:Entity {id: row.source})
MATCH (target:Entity {id: row.target})
OPTIONAL MATCH (source)-[stored*1..1]->(found)
WHERE found = target AND type(stored[0]) = row.type AND stored[0].discriminator = row.discriminator
FOREACH (missing IN CASE WHEN stored IS NULL THEN [row] ELSE [] END |
  CREATE (source)-[link:$(missing.type)]->(target)
  SET link = missing.properties)
FOREACH (link IN stored | SET link = row.properties)
RETURN count(*) AS written
