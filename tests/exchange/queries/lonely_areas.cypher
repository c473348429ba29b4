// Areas whose tasks of some releases have one author altogether, and that author.
// mode: read
// params: releases LIST<STRING>
// returns: area STRING, author STRING
// plan: NodeByLabelScan of Skill, as every area counts
MATCH (area:Skill {kind: 'area'})<-[:REQUIRES]-(task:Task)<-[:WORKED_ON {role: 'author'}]-(author:Person)
WHERE task.release IN $releases
WITH area, collect(DISTINCT author.id) AS authors
WHERE size(authors) = 1
RETURN area.id AS area, authors[0] AS author
