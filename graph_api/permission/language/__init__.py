"""The modelling language: reading and writing models as OpenFGA's DSL, its modules and its JSON."""
