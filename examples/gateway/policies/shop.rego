# Who may do what on the shop's databases. What no rule allows is denied.
package policy.shop

import data.sallyport.sql

allow contains "transaction control and settings" if sql.housekeeping

allow contains "everybody reads" if sql.read_only

allow contains "administrators do what else there is" if "dba" in input.subject.groups

# METADATA
# title: Agents read orders, not card numbers
# custom:
#   id: SHOP-001
#   severity: high
#   remediation: Select the columns that you need, without card_number.
deny contains {"rule": rego.metadata.rule(), "message": "card numbers are not for agents"} if {
	input.subject.kind == "agent"
	some target in input.command.targets
	target.path[count(target.path) - 1] in {"card_number", "*"}
}

# METADATA
# title: Nothing is dropped in production
# custom:
#   id: SHOP-002
#   severity: critical
#   remediation: Ask for a reviewed migration.
deny contains {"rule": rego.metadata.rule(), "message": "nothing is dropped in production"} if {
	input.resource.environment == "production"
	some effect in input.command.effects
	effect in {"drop", "truncate"}
}

# METADATA
# title: Security hears of rights, administration and files
# custom: {id: SHOP-003}
notify contains {"rule": rego.metadata.rule(), "channel": "security"} if {
	some effect in input.command.effects
	effect in {"grant", "admin", "unsafe_io"}
}
