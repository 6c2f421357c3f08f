# METADATA
# title: Who may do what in the shop's database
package policy.shop

import data.sallyport.sql

# METADATA
# title: Everybody reads
# custom: {id: SHOP-100}
allow contains {"rule": rego.metadata.rule(), "message": "reading"} if sql.read_only

# METADATA
# title: Clients need their transactions and settings
# custom: {id: SHOP-101}
allow contains {"rule": rego.metadata.rule(), "message": "housekeeping"} if sql.housekeeping

# METADATA
# title: People change data
# custom: {id: SHOP-102}
allow contains {"rule": rego.metadata.rule(), "message": "a person's change"} if {
	input.subject.kind == "human"
	every effect in input.command.effects { effect in {"read", "write", "delete", "transaction"} }
}

# METADATA
# title: Agents only read
# custom: {id: SHOP-001, severity: high, remediation: "Ask the person who runs this agent to make the change."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	input.subject.kind == "agent"
	some effect in input.command.effects
	effect in {"write", "delete", "truncate", "create", "alter", "drop", "grant", "lock", "procedural"}
	message := sprintf("agents only read, and this would %s", [effect])
}

# METADATA
# title: Agents do not see card numbers
# custom: {id: SHOP-002, severity: critical, remediation: "Select the columns that you need, without card_number."}
deny contains {"rule": rego.metadata.rule(), "message": "card numbers are not for agents"} if {
	input.subject.kind == "agent"
	sql.touches_column(["public", "customers"], "card_number")
}
