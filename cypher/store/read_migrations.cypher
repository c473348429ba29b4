// Read which migrations were applied.
// mode: read
// params:
// returns: number INTEGER, name STRING, checksum STRING
// plan: NodeByLabelScan of the few Migration nodes
MATCH (migration:Migration)
RETURN migration.number AS number, migration.name AS name, migration.checksum AS checksum ORDER BY number
