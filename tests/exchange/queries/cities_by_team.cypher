// How many teams have so many people and come from so many cities; people of unknown city add none.
// mode: read
// params:
// returns: people INTEGER, cities INTEGER, teams INTEGER
// plan: NodeByLabelScan of Task, as every team counts
MATCH (task:Task)<-[:WORKED_ON]-(person:Person)
WITH task, count(DISTINCT person) AS people, count(DISTINCT person.city) AS cities
RETURN people, cities, count(*) AS teams
