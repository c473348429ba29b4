// Make ids, revisions and batches unique, and find the commits of an import.
CREATE CONSTRAINT entity_id IF NOT EXISTS FOR (node:Entity) REQUIRE node.id IS UNIQUE;
CREATE CONSTRAINT commit_revision IF NOT EXISTS FOR (commit:Commit) REQUIRE commit.revision IS UNIQUE;
CREATE CONSTRAINT commit_batch_id IF NOT EXISTS FOR (commit:Commit) REQUIRE commit.batch_id IS UNIQUE;
CREATE CONSTRAINT migration_number IF NOT EXISTS FOR (migration:Migration) REQUIRE migration.number IS UNIQUE;
CREATE INDEX commit_import_id IF NOT EXISTS FOR (commit:Commit) ON (commit.import_id);
