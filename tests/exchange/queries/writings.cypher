// Items with a known length of their text, all characters of them, and items that nothing joins to anything.
// mode: read
// params:
// returns: items INTEGER, characters INTEGER, alone INTEGER
// plan: NodeByLabelScan of Knowledge, as every item counts
MATCH (item:Knowledge)
RETURN count(item.characters) AS items, sum(item.characters) AS characters,
  sum(CASE WHEN EXISTS { (item)--() } THEN 0 ELSE 1 END) AS alone
