// By kind, how many tasks fall under two or more regulations.
// mode: read
// params:
// returns: name STRING, amount FLOAT
// plan: NodeByLabelScan of Task, as every task counts
MATCH (task:Task)
WHERE size(task.regulations) > 1
RETURN task.kind AS name, toFloat(count(*)) AS amount
