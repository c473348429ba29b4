// Read one page of nodes with the relationships that start at them, in the order of ids.
// mode: read
// params: after STRING, limit INTEGER
// returns: labels LIST<STRING>, properties MAP, links LIST<LIST<ANY>>
// plan: range scan of the unique index on Entity.id
MATCH (node:Entity)
WHERE node.id > $after
WITH node ORDER BY node.id LIMIT $limit
RETURN labels(node) AS labels, properties(node) AS properties,
  [(node)-[link]->(target:Entity) | [type(link), target.id, properties(link)]] AS links
