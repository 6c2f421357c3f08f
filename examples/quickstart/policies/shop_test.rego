package policy.quickstart_test

import data.policy.quickstart

subjects := {
	"agent": {"id": "agent", "kind": "agent", "groups": [], "claims": {}},
	"person": {"id": "person", "kind": "human", "groups": [], "claims": {}},
	"dba": {"id": "dba", "kind": "human", "groups": ["dba"], "claims": {}},
}

ask(who, changes) := {
	"subject": subjects[who],
	"command": object.union({"verb": "select", "effects": ["read"], "targets": [], "attributes": {}}, changes),
}

column(path) := {"kind": "column", "path": path, "access": "read"}

denied(input_of_rule) := ids if {
	ids := {reason.rule.custom.id | some reason in quickstart.deny} with input as input_of_rule
}

allowed(input_of_rule) if count(quickstart.allow) > 0 with input as input_of_rule

test_agents_read if {
	question := ask("agent", {"targets": [column(["customers", "name"])]})
	allowed(question)
	denied(question) == set()
}

test_agents_see_no_personal_data[name] if {
	some name, path in {
		"by name": ["customers", "card_number"],
		"with the schema": ["public", "customers", "email"],
		"as part of everything": ["customers", "*"],
		"without saying whose": ["card_number"],
	}
	denied(ask("agent", {"targets": [column(path)]})) == {"SHOP-002"}
}

test_people_see_personal_data if {
	denied(ask("person", {"targets": [column(["customers", "card_number"])]})) == set()
}

test_agents_do_not_write_behind_a_select if denied(ask("agent", {"effects": ["read", "delete"]})) == {"SHOP-001"}

test_agents_do_not_read_statistics if {
	denied(ask("agent", {"targets": [{"kind": "view", "path": ["pg_catalog", "pg_stats"], "access": "read"}]})) == {"SHOP-003"}
}

test_people_write if allowed(ask("person", {"effects": ["write"]}))

test_people_do_not_drop if denied(ask("person", {"effects": ["drop"]})) == {"SHOP-004"}

test_administrators_drop if {
	allowed(ask("dba", {"effects": ["drop"]}))
	denied(ask("dba", {"effects": ["drop"]})) == set()
}

asked(input_of_rule) := ids if {
	ids := {reason.rule.custom.id | some reason in quickstart.review} with input as input_of_rule
}

test_people_ask_before_they_change_the_schema if asked(ask("person", {"effects": ["alter"]})) == {"SHOP-006"}

test_administrators_need_not_ask if asked(ask("dba", {"effects": ["alter"]})) == set()

test_a_role_is_not_created_by_asking if {
	role := {"kind": "role", "path": ["bob"], "access": "create"}
	asked(ask("person", {"effects": ["create"], "targets": [role]})) == set()
}

test_nobody_deletes_every_row if {
	everything := {"verb": "delete", "effects": ["delete"], "attributes": {"statement": "delete", "where": {"present": false, "trivial": false}}}
	denied(ask("person", everything)) == {"SHOP-005"}
}
