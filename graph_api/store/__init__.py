"""Neo4j: connection, query files, migrations, the graph and its change log. Only this room imports the driver."""
