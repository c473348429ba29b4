// Make the keys of permission tuples unique: a tuple is found by its key, not among the relationships of its ends.
CREATE CONSTRAINT granted_key IF NOT EXISTS FOR ()-[grant:GRANTED]-() REQUIRE grant.key IS UNIQUE;
