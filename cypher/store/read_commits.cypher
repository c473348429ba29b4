// Read commits from a revision on, in order.
// mode: read
// params: first INTEGER, limit INTEGER
// returns: revision INTEGER, log_id STRING, format INTEGER, batch_id STRING, at ZONED DATETIME, entries LIST<STRING>, salts LIST<STRING>, hashes LIST<STRING>, hash STRING, import_id STRING, import_phase STRING
// plan: unique index on Commit.revision
MATCH (commit:Commit)
WHERE commit.revision >= $first
WITH commit ORDER BY commit.revision LIMIT $limit
RETURN commit.revision AS revision, commit.log_id AS log_id, commit.format AS format, commit.batch_id AS batch_id,
  commit.at AS at, commit.entries AS entries, commit.salts AS salts, commit.hashes AS hashes, commit.hash AS hash,
  commit.import_id AS import_id, commit.import_phase AS import_phase
