// By closed task of a kind, the days from its opening to its end.
// mode: read
// params: kind STRING
// returns: name STRING, amount FLOAT
// plan: NodeByLabelScan of Task, as every task of the kind counts
MATCH (task:Task {kind: $kind})
WHERE task.opened_at IS NOT NULL AND task.closed_at IS NOT NULL
RETURN task.id AS name, toFloat(duration.inDays(date(task.opened_at), date(task.closed_at)).days) AS amount
