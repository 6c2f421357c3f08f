# METADATA
# title: Who may do what
# description: |
#   A first policy. What no rule allows is denied, a deny wins over everything, and a review holds what is allowed until
#   somebody approves. Change it to what holds with you; `sallyport explain` says why a statement is decided as it is.
package policy.access

import data.sallyport.sql

agent if input.subject.kind == "agent"

administrator if {
	not agent
	"dba" in input.subject.groups
}

allow contains "everybody reads" if sql.read_only

allow contains "clients need their transactions and settings" if sql.housekeeping

allow contains "people and jobs change data" if {
	not agent
	every effect in input.command.effects { effect in {"read", "write", "delete"} }
}

# METADATA
# title: Agents read, and do nothing else
# custom:
#   id: ACCESS-001
#   severity: high
#   remediation: Ask the person who runs this agent to make the change.
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	agent
	some effect in input.command.effects
	effect in {"write", "delete", "truncate", "create", "alter", "drop", "grant"}
	message := sprintf("agents only read, and this would %s", [effect])
}

# METADATA
# title: Nobody changes every row at once
# custom:
#   id: ACCESS-002
#   severity: high
#   remediation: Add a WHERE that names the rows.
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	sql.every_row
	message := sprintf("%s without a WHERE touches every row", [upper(input.command.verb)])
}

# METADATA
# title: Administrators change the schema once it is approved
# custom:
#   id: ACCESS-003
#   severity: medium
review contains {"rule": rego.metadata.rule(), "approvers": ["dba"], "ttl": "15m"} if {
	administrator
	sql.changes_schema
}
