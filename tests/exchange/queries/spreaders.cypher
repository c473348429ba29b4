// By customer, the ties to a customer who adopted later.
// mode: read
// params:
// returns: name STRING, amount FLOAT
// plan: NodeByLabelScan of Customer, as every customer counts
MATCH (earlier:Customer)-[:TIED_TO]->(later:Customer)
WHERE earlier.adoption_period < later.adoption_period
RETURN earlier.id AS name, toFloat(count(*)) AS amount
