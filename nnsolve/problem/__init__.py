"""Problem files: YAML -> `Problem` record, with a place for every value. The only floor that touches YAML."""
