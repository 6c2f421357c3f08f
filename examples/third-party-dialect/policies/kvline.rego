# METADATA
# title: What agents and people may do in the key-value store
package policy.kvline

allow contains "reading is for everybody" if every effect in input.command.effects { effect == "read" }

allow contains "people write and delete" if {
	input.subject.kind == "human"
	every effect in input.command.effects { effect in {"read", "write", "delete", "session"} }
}

# METADATA
# title: Nobody empties the store
# custom: {id: KV-001, severity: critical, remediation: "Delete the keys that you mean, by name."}
deny contains {"rule": rego.metadata.rule(), "message": "FLUSH empties the whole store"} if {
	"truncate" in input.command.effects
}

# METADATA
# title: Agents do not read secrets
# custom: {id: KV-002, severity: high, remediation: "Ask the key's owner."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	input.subject.kind == "agent"
	some target in input.command.targets
	some name in target.path
	startswith(name, "secret:")
	message := sprintf("%s is not for agents", [name])
}
