// Append a commit to the log and move the head to it.
// mode: write
// params: head_id STRING, commit MAP, open_imports LIST<STRING>
// returns:
// plan: unique index on LogHead.id
MATCH (head:LogHead {id: $head_id})
SET head.revision = $commit.revision, head.hash = $commit.hash, head.at = $commit.at, head.open_imports = $open_imports
CREATE (commit:Commit)
SET commit = $commit
