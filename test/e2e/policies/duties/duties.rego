# What the specifications of notifications and quarantine go by: reading and writing are free, writes are told of, changes of
# the schema are held, and an agent that reaches for the vault is out.
package policy.duties

import data.sallyport.sql

allow contains "everybody reads" if sql.read_only

allow contains "drivers keep their sessions" if sql.housekeeping

allow contains "everybody writes" if "write" in input.command.effects

notify contains {"channel": "ops", "message": "somebody writes"} if "write" in input.command.effects

notify contains {"channel": "nobody", "message": "somebody locks"} if "lock" in input.command.effects

# METADATA
# title: Schema changes are reviewed
# custom: {id: DUTY-1, severity: medium}
review contains {"rule": rego.metadata.rule(), "approvers": ["keepers"], "ttl": "2m"} if sql.changes_schema

# METADATA
# title: Agents stay away from the vault
# custom: {id: DUTY-2, severity: critical}
quarantine contains {"rule": rego.metadata.rule(), "message": "reached for the vault"} if {
	input.subject.kind == "agent"
	some target in input.command.targets
	"vault" in target.path
}
