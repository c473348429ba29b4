// Record that a migration was applied.
// mode: write
// params: number INTEGER, name STRING, checksum STRING, at ZONED DATETIME
// returns:
// plan: unique index on Migration.number
MERGE (migration:Migration {number: $number})
SET migration.name = $name, migration.checksum = $checksum, migration.applied_at = $at
