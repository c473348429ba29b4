// Write relationships with all their properties; the count tells whether every end was there.
// mode: write
// params: rows LIST<MAP>
// returns: written INTEGER
// plan: unique index on Entity.id, twice; CartesianProduct of two single rows
UNWIND $rows AS row
MATCH (source:Entity {id: row.source})
MATCH (target:Entity {id: row.target})
MERGE (source)-[link:$(row.type) {discriminator: row.discriminator}]->(target)
SET link = row.properties
RETURN count(link) AS written
