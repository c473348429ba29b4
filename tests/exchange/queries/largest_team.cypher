// The task with the largest team, of equal ones the last by id, its customer, and the number of people.
// mode: read
// params:
// returns: task STRING, customer STRING, people INTEGER
// plan: NodeByLabelScan of Task or Customer, as every order counts
MATCH (customer:Customer)<-[:FOR]-(task:Task)<-[:WORKED_ON]-(person:Person)
WITH task, customer, count(DISTINCT person) AS people
RETURN task.id AS task, customer.name AS customer, people
ORDER BY people DESC, task DESC LIMIT 1
