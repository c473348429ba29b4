// Count the relationships of each type.
// mode: read
// params:
// returns: kind STRING, records INTEGER
// plan: NodeByLabelScan of Entity or AllRelationshipsScan, as every relationship counts
MATCH (:Entity)-[link]->(:Entity)
RETURN type(link) AS kind, count(*) AS records
