// How many tasks of a kind lead from one person to another, at the least.
// mode: read
// params: kind STRING, first STRING, second STRING
// returns: tasks INTEGER
// plan: unique index on Entity.id, twice; CartesianProduct of two single rows
MATCH (first:Entity {id: $first})
MATCH (second:Entity {id: $second})
MATCH path = shortestPath((first)-[:WORKED_ON*]-(second))
WHERE all(node IN nodes(path) WHERE node:Person OR node.kind = $kind)
RETURN length(path) / 2 AS tasks
