// Find which of some knowledge items hold what is asked in title or body, the best first: one row with all of them.
// The query is one of ours, in which what somebody typed stands quoted.
// mode: read
// params: query STRING, skip INTEGER, limit INTEGER, ids LIST<STRING>
// returns: ids LIST<STRING>, scores LIST<FLOAT>
// plan: full-text index knowledge_text, all hits of which are looked at
CALL db.index.fulltext.queryNodes('knowledge_text', $query) YIELD node, score
WITH node.id AS id, score
WHERE id IN $ids
WITH id, score ORDER BY score DESC, id SKIP $skip LIMIT $limit
RETURN collect(id) AS ids, collect(score) AS scores
