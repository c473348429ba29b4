// Read one page of nodes with the relationships that start at them, in the order of ids.
// The id comes from the index; whatever else there is of a node may be half of what is just being written.
// mode: read
// params: after STRING, limit INTEGER
// returns: id STRING, labels LIST<STRING>, properties MAP, links LIST<LIST<ANY>>
// plan: range scan of the unique index on Entity.id
MATCH (node:Entity)
WHERE node.id > $after
WITH node, node.id AS id ORDER BY id LIMIT $limit
RETURN id, labels(node) AS labels, properties(node) AS properties,
  [(node)-[link]->(target:Entity) | [type(link), target.id, properties(link)]] AS links
