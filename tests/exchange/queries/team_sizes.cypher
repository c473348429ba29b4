// How many tasks of a kind (null: of any) had so many different people.
// mode: read
// params: kind STRING
// returns: people INTEGER, tasks INTEGER
// plan: NodeByLabelScan of Task, as every task counts
MATCH (task:Task)
WHERE $kind IS NULL OR task.kind = $kind
MATCH (task)<-[:WORKED_ON]-(person:Person)
WITH task, count(DISTINCT person) AS people
RETURN people, count(*) AS tasks
