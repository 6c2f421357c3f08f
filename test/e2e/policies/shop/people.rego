# People and jobs work on the shop as they like, as long as Sallyport can tell what they do. What none may do is denied
# below, in words that the specifications look for.
package policy.people

allow contains "people and jobs work here" if input.subject.kind in {"human", "ci", "service"}

# The gateway's keepers vouch for themselves.
allow contains {"message": "keepers do anything", "accept": "incomplete"} if "keepers" in input.subject.groups

# METADATA
# title: Tables are dropped by reviewed migrations
# custom: {id: SHOP-001, severity: critical, remediation: "Ask for a reviewed migration."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	input.subject.kind == "human"
	not "keepers" in input.subject.groups
	some effect in input.command.effects
	effect in {"drop", "truncate"}
	message := sprintf("%s is not for %s", [effect, input.subject.id])
}

# METADATA
# title: The vault is closed
# custom: {id: SHOP-002, severity: critical, remediation: "Ask the keepers."}
deny contains {"rule": rego.metadata.rule(), "message": "the vault is closed"} if {
	not "keepers" in input.subject.groups
	some target in input.command.targets
	in_vault(target)
}

in_vault(target) if "vault" in target.path

# A name without its schema may mean the vault as long as search_path names it.
in_vault(target) if {
	target.resolution == "search_path"
	"vault" in input.session.search_path
}
