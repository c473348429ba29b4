// By item, the tasks for which somebody used it.
// mode: read
// params:
// returns: item STRING, tasks LIST<STRING>
// plan: NodeByLabelScan of Knowledge, as every item counts
MATCH (item:Knowledge)<-[use:USED]-(:Person)
WHERE use.task IS NOT NULL
RETURN item.id AS item, collect(DISTINCT use.task) AS tasks
