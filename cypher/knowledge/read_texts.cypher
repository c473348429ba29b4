// Read the texts of knowledge items, as the index has searched them.
// mode: read
// params: ids LIST<STRING>
// returns: id STRING, title STRING, body STRING
// plan: unique index on Entity.id
UNWIND $ids AS id
MATCH (item:Entity {id: id})
WHERE item:Knowledge
RETURN id, item.title AS title, coalesce(item.body, '') AS body
