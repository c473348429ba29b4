// Find out whether a batch was committed.
// mode: read
// params: batch_id STRING
// returns: revision INTEGER
// plan: unique index on Commit.batch_id
MATCH (commit:Commit {batch_id: $batch_id})
RETURN commit.revision AS revision
