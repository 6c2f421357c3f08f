package policy.commands

import data.sallyport.sql

allow contains "everybody reads" if sql.read_only

allow contains "sessions are looked after" if sql.housekeeping

allow contains "the shop is worked on" if input.command.effects == ["write"]

# METADATA
# title: The vault is closed
# custom: {id: VAULT-1}
deny contains {"rule": rego.metadata.rule(), "message": "the vault is closed"} if {
	some target in input.command.targets
	target.resolution == "search_path"
	"vault" in input.session.search_path
}

# METADATA
# title: Who reads only, stays so
# custom: {id: READ-1}
deny contains {"rule": rego.metadata.rule(), "message": "this session reads only"} if {
	"session" in input.command.effects
	input.session.settings.default_transaction_read_only == "on"
}
