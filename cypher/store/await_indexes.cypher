// Wait until all indexes are online.
// mode: read
// params: seconds INTEGER
// returns:
// plan: a procedure, nothing is scanned
CALL db.awaitIndexes($seconds)
