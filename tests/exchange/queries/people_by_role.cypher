// Who worked on a task, by role; only roles that begin so.
// mode: read
// params: task STRING, prefix STRING
// returns: role STRING, people LIST<STRING>
// plan: unique index on Entity.id
MATCH (:Entity {id: $task})<-[work:WORKED_ON]-(person:Person)
WHERE work.role STARTS WITH $prefix
RETURN work.role AS role, collect(person.id) AS people
