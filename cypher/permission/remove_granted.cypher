// Remove permission tuples, each found by its key.
// mode: write
// params: rows LIST<MAP>
// returns:
// plan: unique index on GRANTED.key
UNWIND $rows AS row
MATCH (source:Entity)-[stored:GRANTED {key: row.key}]->(target:Entity)
USING INDEX SEEK stored:GRANTED(key)
WHERE source.id = row.source AND target.id = row.target
DELETE stored
