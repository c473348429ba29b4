// Write nodes with all their properties; what a node had besides is gone.
// mode: write
// params: rows LIST<MAP>
// returns:
// plan: unique index on Entity.id
UNWIND $rows AS row
MERGE (node:Entity {id: row.id})
SET node = row.properties
SET node:$(row.label)
