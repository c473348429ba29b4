// Make the log head unique, before anything else exists.
// mode: schema
// params:
// returns:
// plan: a schema statement, nothing is read
CREATE CONSTRAINT log_head_id IF NOT EXISTS FOR (head:LogHead) REQUIRE head.id IS UNIQUE
