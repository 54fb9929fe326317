"""Where packages come from, as the package managers' own configuration says: one reader a manager, all of them pure.

Files, environment and answers of the managers themselves are handed in (`discover`); what is found is an `Endpoint`
each, with the place that names it and without its secrets. `risks` says what of it is dangerous.
"""
