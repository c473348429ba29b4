// Find the knowledge items whose title or body holds what is asked, the best first: one row with all of them, and the
// revision of the log as it is once they are found. The query is one of ours, in which what somebody typed stands quoted.
// mode: read
// params: query STRING, skip INTEGER, limit INTEGER, head_id STRING
// returns: ids LIST<STRING>, log_id STRING, revision INTEGER
// plan: full-text index knowledge_text, then the unique index on LogHead.id
CALL db.index.fulltext.queryNodes('knowledge_text', $query, {skip: $skip, limit: $limit}) YIELD node
WITH collect(node.id) AS ids
MATCH (head:LogHead {id: $head_id})
RETURN ids, head.log_id AS log_id, head.revision AS revision
