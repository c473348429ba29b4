// Take the write lock on the log head until the transaction ends: this orders the writers of all replicas.
// mode: write
// params: head_id STRING, holder STRING
// returns:
// plan: unique index on LogHead.id
MATCH (head:LogHead {id: $head_id})
SET head.holder = $holder
