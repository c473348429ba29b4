// By person, the value of the tasks worked on in a role, all in one currency.
// mode: read
// params: role STRING
// returns: name STRING, amount FLOAT
// plan: NodeByLabelScan of Person or Task, as every one counts
MATCH (person:Person)-[:WORKED_ON {role: $role}]->(task:Task)
RETURN person.id AS name, round(sum(toFloat(task.value))) AS amount
