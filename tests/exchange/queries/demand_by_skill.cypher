// By skill of a kind, how many tasks of a kind and release require it.
// mode: read
// params: kind STRING, release STRING, skills STRING
// returns: name STRING, amount FLOAT
// plan: NodeByLabelScan of Task or Skill, as every one of the kind counts
MATCH (task:Task {kind: $kind, release: $release})-[:REQUIRES]->(skill:Skill {kind: $skills})
RETURN skill.id AS name, toFloat(count(task)) AS amount
