// By person, the customers whom nobody else ever served in a role.
// mode: read
// params: role STRING
// returns: name STRING, amount FLOAT
// plan: NodeByLabelScan of Customer, as every customer counts
MATCH (customer:Customer)<-[:FOR]-(:Task)<-[:WORKED_ON {role: $role}]-(person:Person)
WITH customer, collect(DISTINCT person.id) AS people
WHERE size(people) = 1
RETURN people[0] AS name, toFloat(count(*)) AS amount
