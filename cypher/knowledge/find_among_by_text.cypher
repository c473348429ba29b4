// Find which of some knowledge items hold what is asked in title or body, the best first: one row with all of them, and the
// revision of the log as it is once they are found. The query is one of ours, in which what somebody typed stands quoted.
// mode: read
// params: query STRING, skip INTEGER, limit INTEGER, ids LIST<STRING>, head_id STRING
// returns: ids LIST<STRING>, log_id STRING, revision INTEGER
// plan: full-text index knowledge_text, all hits of which are looked at, then the unique index on LogHead.id
CALL db.index.fulltext.queryNodes('knowledge_text', $query) YIELD node, score
WITH node.id AS id, score
WHERE id IN $ids
WITH id, score ORDER BY score DESC, id SKIP $skip LIMIT $limit
WITH collect(id) AS ids
MATCH (head:LogHead {id: $head_id})
RETURN ids, head.log_id AS log_id, head.revision AS revision
