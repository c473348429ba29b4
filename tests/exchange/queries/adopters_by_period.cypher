// By period, how many customers adopted in it.
// mode: read
// params:
// returns: period INTEGER, customers INTEGER
// plan: NodeByLabelScan of Customer, as every customer counts
MATCH (customer:Customer)
WHERE customer.adoption_period IS NOT NULL
RETURN customer.adoption_period AS period, count(*) AS customers ORDER BY period
