package policy.example_test

import data.policy.example

# Who is in these groups asks for a table.
asks(groups, table) := {
	"subject": {"id": "ada", "kind": "human", "groups": groups, "claims": {}},
	"command": {"effects": ["read"], "targets": [{"kind": "table", "path": ["public", table], "access": "read"}]},
}

denied(question) := ids if {
	ids := {entry.rule.custom.id | some entry in example.deny} with input as question
}

test_guarded_tables_are_denied[table] if {
	some table in example.guarded
	denied(asks([], table)) == {"EXAMPLE-001"}
}

test_guarded_tables_are_for_the_trusted if denied(asks(["dba"], "payments")) == set()

test_other_tables_are_left_alone if denied(asks([], "orders")) == set()
