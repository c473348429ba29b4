// Places that were led, and how many of them by somebody who had been a shadow in the same role of an earlier release.
// mode: read
// params:
// returns: grown INTEGER, places INTEGER
// plan: NodeByLabelScan of Task, as every sub-team counts
MATCH (task:Task {kind: 'RELEASE-SUBTEAM'})<-[:WORKED_ON {role: 'lead'}]-(leader:Person)
WITH leader, split(task.id, task.release + '-')[1] AS role, toInteger(split(task.release, '.')[1]) AS release
WITH EXISTS {
  MATCH (leader)-[:WORKED_ON {role: 'shadow'}]->(earlier:Task {kind: 'RELEASE-SUBTEAM'})
  WHERE split(earlier.id, earlier.release + '-')[1] = role AND toInteger(split(earlier.release, '.')[1]) < release
} AS grown
RETURN sum(CASE WHEN grown THEN 1 ELSE 0 END) AS grown, count(*) AS places
