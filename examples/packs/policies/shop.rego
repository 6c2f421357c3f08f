# METADATA
# title: Who works on the shop's databases
# description: |
#   The packs guard, and let agents read; what people, jobs and services may do is the shop's own business. The packs' rules
#   deny and hold what is allowed here all the same: deny > review > allow.
package policy.shop

import data.sallyport.sql

# METADATA
# title: People, jobs and services read and change rows
# custom: {id: SHOP-001}
allow contains {"rule": rego.metadata.rule()} if {
	input.subject.kind in {"human", "ci", "service"}
	sql.only_does({"read", "write", "delete", "bulk_load", "bulk_export", "lock", "session", "transaction"})
}

# METADATA
# title: Jobs migrate
# description: In production once somebody has approved it (pack change-approval).
# custom: {id: SHOP-002}
allow contains {"rule": rego.metadata.rule()} if {
	input.subject.kind == "ci"
	sql.changes_schema
}

# METADATA
# title: Administrators administer
# custom: {id: SHOP-003}
allow contains {"rule": rego.metadata.rule()} if {
	input.subject.kind == "human"
	"dba" in input.subject.groups
}
