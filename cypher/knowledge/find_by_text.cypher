// Find the knowledge items whose title or body holds what is asked, the best first: one row with all of them.
// The query is one of ours, in which what somebody typed stands quoted.
// mode: read
// params: query STRING, skip INTEGER, limit INTEGER
// returns: ids LIST<STRING>, scores LIST<FLOAT>
// plan: full-text index knowledge_text
CALL db.index.fulltext.queryNodes('knowledge_text', $query, {skip: $skip, limit: $limit}) YIELD node, score
RETURN collect(node.id) AS ids, collect(score) AS scores
