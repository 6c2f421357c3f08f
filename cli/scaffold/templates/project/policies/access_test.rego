package policy.access_test

import data.policy.access

agent := {"id": "agent-7", "kind": "agent", "groups": [], "claims": {}}

person := {"id": "ada", "kind": "human", "groups": [], "claims": {}}

administrator := {"id": "eve", "kind": "human", "groups": ["dba"], "claims": {}}

# What a statement does stands in its effects; access_cases.yaml tests statements as they are written.
asks(subject, effects) := {"subject": subject, "command": {"verb": "select", "effects": effects, "attributes": {}}}

denied(question) := ids if {
	ids := {entry.rule.custom.id | some entry in access.deny} with input as question
}

test_agents_read if {
	count(access.allow) > 0 with input as asks(agent, ["read"])
	denied(asks(agent, ["read"])) == set()
}

test_agents_change_nothing[effect] if {
	some effect in ["write", "delete", "truncate", "create", "alter", "drop", "grant"]
	denied(asks(agent, ["read", effect])) == {"ACCESS-001"}
}

test_people_change_data if count(access.allow) > 0 with input as asks(person, ["read", "write"])

test_people_do_not_change_the_schema if {
	count(access.allow) == 0 with input as asks(person, ["create"])
	count(access.review) == 0 with input as asks(person, ["create"])
}

test_transactions_are_for_everybody if count(access.allow) > 0 with input as asks(agent, ["transaction"])

test_nobody_deletes_every_row if {
	everything := {"verb": "delete", "effects": ["delete"], "attributes": {"statement": "delete", "where": {"present": false, "trivial": false}}}
	denied({"subject": administrator, "command": everything}) == {"ACCESS-002"}
}

test_administrators_are_held_for_approval if {
	count(access.review) == 1 with input as asks(administrator, ["create"])
}
