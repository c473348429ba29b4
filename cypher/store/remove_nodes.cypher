// Remove nodes that have no relationship any more; one that has is an error, as its commit did not list them all.
// mode: write
// params: ids LIST<STRING>
// returns:
// plan: unique index on Entity.id
UNWIND $ids AS id
MATCH (node:Entity {id: id})
DELETE node
