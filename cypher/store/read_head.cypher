// Read the log head; only under its lock is it sure to agree with the graph beside it.
// mode: read
// params: head_id STRING
// returns: log_id STRING, format INTEGER, revision INTEGER, hash STRING, at ZONED DATETIME, open_imports LIST<STRING>
// plan: unique index on LogHead.id
MATCH (head:LogHead {id: $head_id})
RETURN head.log_id AS log_id, head.format AS format, head.revision AS revision, head.hash AS hash,
  head.at AS at, head.open_imports AS open_imports
