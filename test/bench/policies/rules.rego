# Twenty rules of the kinds that real policies are made of: sets, paths, a pattern, an address range, a count.
package policy.bench

allow contains "people work here" if input.subject.kind == "human"

allow contains "agents read" if {
	input.subject.kind == "agent"
	every effect in input.command.effects { effect in {"read", "transaction"} }
}

allow contains {"message": "keepers do anything", "accept": "incomplete"} if "keepers" in input.subject.groups

deny contains {"rule": "B-01", "message": "agents change nothing"} if {
	input.subject.kind == "agent"
	some effect in input.command.effects
	effect in {"write", "delete", "truncate", "create", "alter", "drop", "grant"}
}

deny contains {"rule": "B-02", "message": "tables are dropped by migrations"} if {
	not input.subject.kind in {"ci", "human"}
	"drop" in input.command.effects
}

deny contains {"rule": "B-03", "message": "the vault is closed"} if {
	some target in input.command.targets
	"vault" in target.path
}

deny contains {"rule": "B-04", "message": "no files"} if {
	some function in input.command.functions
	function.category in {"file", "network"}
}

deny contains {"rule": "B-05", "message": "no programs"} if {
	some target in input.command.targets
	target.kind == "program"
}

deny contains {"rule": "B-06", "message": "no roles"} if {
	some target in input.command.targets
	target.kind == "role"
	not "dba" in input.subject.groups
}

deny contains {"rule": "B-07", "message": "no functions that nobody knows"} if {
	some function in input.command.functions
	not function.known
}

deny contains {"rule": "B-08", "message": "production is read from inside"} if {
	input.resource.environment == "production"
	not net.cidr_contains("127.0.0.0/8", input.client.address)
	not net.cidr_contains("10.0.0.0/8", input.client.address)
}

deny contains {"rule": "B-09", "message": "no writes outside transactions for jobs"} if {
	input.subject.kind == "ci"
	input.session.transaction == "idle"
	"write" in input.command.effects
}

deny contains {"rule": "B-10", "message": "ids are names"} if not regex.match(`^[a-z][a-z0-9-]*$`, input.subject.id)

deny contains {"rule": "B-11", "message": "catalog passwords stay where they are"} if {
	some target in input.command.targets
	target.path[count(target.path) - 1] in {"pg_authid", "pg_shadow", "pg_user_mapping"}
}

deny contains {"rule": "B-12", "message": "an agent has an owner"} if {
	input.subject.kind == "agent"
	not input.subject.owner
}

deny contains {"rule": "B-13", "message": "no more than 100 targets"} if count(input.command.targets) > 100

deny contains {"rule": "B-14", "message": "no bulk export"} if {
	"bulk_export" in input.command.effects
	input.subject.kind == "agent"
}

deny contains {"rule": "B-15", "message": "no temporary tables in payments"} if {
	input.resource.labels.team == "payments"
	"create" in input.command.effects
}

deny contains {"rule": "B-16", "message": "no locks for agents"} if {
	input.subject.kind == "agent"
	"lock" in input.command.effects
}

deny contains {"rule": "B-17", "message": "roles are not changed in a session"} if {
	input.session.role != input.session.user
	not "dba" in input.subject.groups
}
