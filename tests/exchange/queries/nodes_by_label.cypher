// Count the entities of each label.
// mode: read
// params:
// returns: kind STRING, records INTEGER
// plan: NodeByLabelScan of Entity, as every one counts
MATCH (node:Entity)
UNWIND labels(node) AS kind
WITH kind WHERE kind <> 'Entity'
RETURN kind, count(*) AS records
