// By person, the items from a task whose only author the person is.
// mode: read
// params:
// returns: name STRING, amount FLOAT
// plan: NodeByLabelScan of Knowledge, as every item counts
MATCH (item:Knowledge)-[:FROM]->(task:Task)<-[:WORKED_ON {role: 'author'}]-(author:Person)
WITH item, task, collect(DISTINCT author.id) AS authors
WHERE size(authors) = 1
RETURN authors[0] AS name, toFloat(count(*)) AS amount
