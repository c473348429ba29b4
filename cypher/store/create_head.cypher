// Create the head of an empty log; an existing one stays as it is.
// mode: write
// params: head_id STRING, log_id STRING, format INTEGER, hash STRING, at ZONED DATETIME
// returns: log_id STRING
// plan: unique index on LogHead.id
MERGE (head:LogHead {id: $head_id})
ON CREATE SET head.log_id = $log_id, head.format = $format, head.revision = 0, head.hash = $hash,
  head.at = $at, head.open_imports = []
RETURN head.log_id AS log_id
