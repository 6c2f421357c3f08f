package policy.kvline_test

import data.policy.kvline

agent := {"id": "bot", "kind": "agent", "groups": [], "claims": {}}

person := {"id": "ada", "kind": "human", "groups": [], "claims": {}}

secret_read := {"effects": ["read"], "targets": [{"kind": "key", "path": ["secret:x"], "access": "read"}]}

test_everybody_reads if {
	count(kvline.allow) == 1 with input as {"subject": agent, "command": {"effects": ["read"], "targets": []}}
}

test_people_write if {
	count(kvline.allow) == 1 with input as {"subject": person, "command": {"effects": ["write"], "targets": []}}
}

test_agents_do_not_write if {
	count(kvline.allow) == 0 with input as {"subject": agent, "command": {"effects": ["write"], "targets": []}}
}

test_nobody_flushes if {
	some reason in kvline.deny with input as {"subject": person, "command": {"effects": ["truncate"], "targets": []}}
	reason.rule.custom.id == "KV-001"
}

test_secrets_are_not_for_agents if {
	some reason in kvline.deny with input as {"subject": agent, "command": secret_read}
	reason.message == "secret:x is not for agents"
}

test_secrets_are_for_people if {
	count(kvline.deny) == 0 with input as {"subject": person, "command": secret_read}
}
