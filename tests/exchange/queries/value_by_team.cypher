// How many tasks have so many different people in some roles, and their value, all in one currency.
// mode: read
// params: roles LIST<STRING>
// returns: people INTEGER, tasks INTEGER, value FLOAT
// plan: NodeByLabelScan of Task, as every task counts
MATCH (task:Task)<-[work:WORKED_ON]-(person:Person)
WHERE work.role IN $roles
WITH task, count(DISTINCT person) AS people
RETURN people, count(*) AS tasks, sum(toFloat(task.value)) AS value
