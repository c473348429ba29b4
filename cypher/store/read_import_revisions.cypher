// Read the revisions of the commits that staged one import, in order.
// mode: read
// params: import_id STRING
// returns: revision INTEGER
// plan: index on Commit.import_id
MATCH (commit:Commit {import_id: $import_id})
WHERE commit.import_phase IN ['opened', 'staged']
RETURN commit.revision AS revision ORDER BY revision
