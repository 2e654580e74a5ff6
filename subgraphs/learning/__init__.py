"""The learning subgraph: courses, lessons, enrolments and progress."""
