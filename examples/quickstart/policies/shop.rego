# METADATA
# title: Who may do what in the shop's database
# description: |
#   Change a rule while the demo runs and save: it is in force with the next statement. A policy that does not compile is
#   refused, and the old one stays.
package policy.quickstart

import data.sallyport.sql

# What is not allowed is denied. `deny` below wins over `allow`.

allow contains "everybody reads" if sql.read_only

allow contains "clients need their transactions and settings" if sql.housekeeping

allow contains "people change data" if {
	input.subject.kind == "human"
	every effect in input.command.effects { effect in {"read", "write", "delete", "bulk_load", "bulk_export", "lock", "transaction"} }
}

allow contains "administrators change the schema" if {
	"dba" in input.subject.groups
	every effect in input.command.effects { effect in {"read", "write", "delete", "truncate", "create", "alter", "drop", "lock"} }
}

# METADATA
# title: People change the schema with an administrator's consent
# description: It is held until somebody of the group dba approves or rejects it. `deny` wins over `review`, too.
# custom: {id: SHOP-006, severity: medium, remediation: "Ask somebody of the group dba to approve it."}
review contains {
	"rule": rego.metadata.rule(),
	"message": "an administrator looks at changes of the schema",
	"approvers": ["dba"],
	"ttl": "15m",
} if {
	input.subject.kind == "human"
	not "dba" in input.subject.groups
	sql.changes_schema
	not sql.changes_access
	every effect in input.command.effects { effect in {"read", "write", "create", "alter", "lock"} }
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
# title: Agents do not see personal data
# custom: {id: SHOP-002, severity: critical, remediation: "Select the columns that you need: id, name, city, created_at."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	input.subject.kind == "agent"
	some column in ["card_number", "email"]
	sql.touches_column(["public", "customers"], column)
	message := sprintf("customers.%s is not for agents", [column])
}

# METADATA
# title: Statistics hold values of the columns they describe
# custom: {id: SHOP-003, severity: critical, remediation: "Use count(*) to see how large a table is."}
deny contains {"rule": rego.metadata.rule(), "message": "the planner's statistics are not for agents"} if {
	input.subject.kind == "agent"
	some name in ["pg_statistic", "pg_stats", "pg_statistic_ext_data", "pg_stats_ext", "pg_stats_ext_exprs"]
	sql.touches([name])
}

# METADATA
# title: Only administrators drop and truncate
# custom: {id: SHOP-004, severity: critical, remediation: "Ask somebody of the group dba."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	not "dba" in input.subject.groups
	some effect in input.command.effects
	effect in {"drop", "truncate"}
	message := sprintf("%s is for database administrators", [effect])
}

# METADATA
# title: Nobody changes every row at once
# custom: {id: SHOP-005, severity: high, remediation: "Add a WHERE that names the rows."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	sql.every_row
	message := sprintf("%s without a WHERE touches every row", [upper(input.command.verb)])
}
