// Remove relationships.
// mode: write
// params: rows LIST<MAP>
// returns:
// plan: unique index on Entity.id, twice; CartesianProduct of two single rows
UNWIND $rows AS row
MATCH (source:Entity {id: row.source})
MATCH (target:Entity {id: row.target})
MATCH (source)-[link:$(row.type) {discriminator: row.discriminator}]->(target)
DELETE link
