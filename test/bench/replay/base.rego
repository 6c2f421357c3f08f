# What the packs stand on in the bench: somebody has to allow something.
package policy.bench

import data.sallyport.sql

# METADATA
# title: Everybody reads
# custom: {id: BENCH-1}
allow contains {"rule": rego.metadata.rule()} if sql.read_only

# METADATA
# title: Drivers keep their sessions
# custom: {id: BENCH-2}
allow contains {"rule": rego.metadata.rule()} if sql.housekeeping

# METADATA
# title: People, jobs and services change data
# custom: {id: BENCH-3}
allow contains {"rule": rego.metadata.rule()} if {
	input.subject.kind != "agent"
	every effect in input.command.effects { effect in {"read", "write", "delete", "session", "transaction"} }
}
