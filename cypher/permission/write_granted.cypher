// Write permission tuples with all their properties; the count tells whether every end was there.
// A tuple is found by its key, as `user:*` and the like have too many relationships to look at; the hint binds the
// planner also while there are none. One under the same key between other ends is an error, never a second one.
// mode: write
// params: rows LIST<MAP>
// returns: written INTEGER
// plan: unique index on Entity.id, twice; CartesianProduct of two single rows; unique index on GRANTED.key
UNWIND $rows AS row
MATCH (source:Entity {id: row.source})
MATCH (target:Entity {id: row.target})
OPTIONAL MATCH (first:Entity)-[stored:GRANTED {key: row.key}]->(last:Entity)
USING INDEX SEEK stored:GRANTED(key)
WHERE first.id = row.source AND last.id = row.target
FOREACH (missing IN CASE WHEN stored IS NULL THEN [row] ELSE [] END |
  CREATE (source)-[grant:GRANTED]->(target)
  SET grant = missing.properties)
FOREACH (grant IN CASE WHEN stored IS NULL THEN [] ELSE [stored] END | SET grant = row.properties)
RETURN count(*) AS written
