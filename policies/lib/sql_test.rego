package sallyport.sql_test

import data.sallyport.sql

command(changes) := object.union(
	{"verb": "select", "effects": ["read"], "targets": [], "functions": [], "complete": true, "attributes": {}},
	changes,
)

does(effects) := {"command": command({"effects": effects})}

on(targets) := {"command": command({"targets": targets})}

has(attributes) := {"command": command({"attributes": attributes})}

table(path, access) := {"kind": "table", "path": path, "access": access, "resolution": "exact"}

column(path) := {"kind": "column", "path": path, "access": "read", "resolution": "exact"}

test_read_only[name] if {
	some name, case in {
		"a read": {"effects": ["read"], "holds": yes},
		"a read that deletes": {"effects": ["read", "delete"], "holds": no},
		"a read of a file": {"effects": ["read", "unsafe_io"], "holds": no},
		"nothing": {"effects": [], "holds": no},
		"BEGIN": {"effects": ["transaction"], "holds": no},
	}
	{true | sql.read_only} == case.holds with input as does(case.effects)
}

test_a_cursor_reads if {
	declare := {"effects": ["read", "session"], "attributes": {"statement": "declare_cursor"}}
	sql.read_only with input as {"command": command(declare)}
	not sql.read_only with input as {"command": command(object.union(declare, {"effects": ["read", "delete", "session"]}))}
}

test_a_cursor_that_sets_does_more_than_read if {
	not sql.read_only with input as {"command": command({
		"effects": ["read", "session"],
		"attributes": {"statement": "declare_cursor", "settings": [{"name": "role", "action": "set"}]},
	})}
}

test_writes_data[effect] if {
	some effect in ["write", "delete", "truncate", "bulk_load"]
	sql.writes_data with input as does(["read", effect])
}

test_reading_writes_nothing if not sql.writes_data with input as does(["read", "bulk_export"])

test_only_data if sql.only_data with input as does(["read", "write", "delete"])

test_truncate_is_more_than_data if not sql.only_data with input as does(["truncate"])

test_changes_schema[effect] if {
	some effect in ["create", "alter", "drop"]
	sql.changes_schema with input as does([effect])
}

test_grant_changes_access if sql.changes_access with input as does(["grant"])

test_creating_a_role_changes_access if {
	sql.changes_access with input as on([{"kind": "role", "path": ["bob"], "access": "create"}])
}

test_set_role_does_not_change_access if {
	not sql.changes_access with input as on([{"kind": "role", "path": ["bob"], "access": "use"}])
}

test_housekeeping if {
	sql.housekeeping with input as does(["transaction"])
	sql.housekeeping with input as {"command": command({
		"effects": ["session"],
		"attributes": {"settings": [{"name": "application_name", "action": "set"}]},
	})}
}

test_housekeeping_reads_no_table if {
	not sql.housekeeping with input as {"command": command({"effects": ["read"], "targets": [table(["t"], "read")]})}
}

test_housekeeping_changes_no_identity[name] if {
	some name, attributes in {
		"SET ROLE": {"settings": [{"name": "role", "action": "set"}]},
		"SET SESSION AUTHORIZATION": {"settings": [{"name": "session_authorization", "action": "set"}]},
		"SET of what only run time tells": {"settings": [{"action": "set"}]},
		"DISCARD ALL": {"discard": "all"},
		"SET search_path": {"settings": [{"name": "search_path", "action": "set"}]},
	}
	not sql.housekeeping with input as {"command": command({"effects": ["session"], "attributes": attributes})}
}

test_reset_all_changes_no_identity if {
	not sql.changes_identity with input as has({"settings": [{"action": "reset_all"}]})
}

test_takes_identity[name] if {
	some name, case in {
		"SET ROLE": {"settings": [{"name": "role", "action": "set", "value": "admin"}], "holds": yes},
		"SET ROLE to what run time tells": {"settings": [{"name": "role", "action": "set"}], "holds": yes},
		"SET of what run time tells": {"settings": [{"action": "set"}], "holds": yes},
		"SET ROLE none": {"settings": [{"name": "role", "action": "set", "value": "none"}], "holds": no},
		"SET ROLE of a role NONE": {"settings": [{"name": "role", "action": "set", "value": "NONE"}], "holds": yes},
		"RESET ROLE": {"settings": [{"name": "role", "action": "reset"}], "holds": no},
		"RESET ALL": {"settings": [{"action": "reset_all"}], "holds": no},
		"SET work_mem": {"settings": [{"name": "work_mem", "action": "set", "value": "1GB"}], "holds": no},
	}
	{true | sql.takes_identity} == case.holds with input as has({"settings": case.settings})
}

test_what_runs_known_text_reads if {
	sql.read_only with input as does(["read", "execute"])
	not sql.read_only with input as {"command": command({"effects": ["read", "execute"], "complete": false})}
	not sql.read_only with input as does(["execute"])
}

test_only_does if {
	sql.only_does({"read", "session"}) with input as does(["read"])
	not sql.only_does({"read", "session"}) with input as does(["read", "write"])
	not sql.only_does({"read"}) with input as does([])
}

test_does_any if {
	sql.does_any({"write", "drop"}) with input as does(["read", "drop"])
	not sql.does_any({"write"}) with input as does(["read"])
}

test_only_catalogs[name] if {
	some name, case in {
		"none": {"targets": [], "holds": yes},
		"catalogs": {"targets": [table(["pg_catalog", "pg_class"], "read"), table(["information_schema", "columns"], "read")], "holds": yes},
		"a catalog and a CTE": {"targets": [table(["pg_catalog", "pg_class"], "read"), object.union(table(["c"], "read"), {"resolution": "local"})], "holds": yes},
		"a table named like a catalog": {"targets": [table(["pg_mine"], "read")], "holds": no},
		"a table besides": {"targets": [table(["pg_catalog", "pg_class"], "read"), table(["orders"], "read")], "holds": no},
	}
	{true | sql.only_catalogs} == case.holds with input as on(case.targets)
}

test_every_row[name] if {
	some name, case in {
		"DELETE": {"statement": "delete", "attributes": {"where": without}, "holds": yes},
		"DELETE WHERE true": {"statement": "delete", "attributes": {"where": trivial}, "holds": yes},
		"UPDATE": {"statement": "update", "attributes": {"where": without}, "holds": yes},
		"UPDATE WHERE id = 1": {"statement": "update", "attributes": {"where": with_one}, "holds": no},
		"SELECT": {"statement": "select", "attributes": {"where": without}, "holds": no},
		"DELETE in a CTE": {"statement": "select", "attributes": {"where": without, "nested": ["delete"]}, "holds": yes},
		"DELETE WHERE id = 1 in a CTE": {"statement": "select", "attributes": {"where": with_one, "nested": ["delete"]}, "holds": no},
		"EXPLAIN ANALYZE DELETE": {"statement": "explain", "attributes": {"nested": ["delete"]}, "holds": yes},
		"EXPLAIN DELETE": {"statement": "explain", "effects": ["read"], "attributes": {"where": without, "nested": ["delete"]}, "holds": no},
		"MERGE ON true": {"statement": "merge", "attributes": {"where": trivial}, "holds": yes},
		"MERGE ON a.id = b.id": {"statement": "merge", "attributes": {"where": with_one}, "holds": no},
		"MERGE that inserts": {"statement": "merge", "attributes": {}, "holds": no},
		"MERGE in a CTE": {"statement": "select", "attributes": {"where": without, "nested": ["merge"]}, "holds": yes},
		"INSERT in a CTE": {"statement": "select", "attributes": {"nested": ["insert"]}, "holds": no},
	}
	{true | sql.every_row} == case.holds with input as {"command": command({
		"verb": "delete",
		"effects": object.get(case, "effects", ["delete"]),
		"attributes": object.union({"statement": case.statement}, case.attributes),
	})}
}

test_touches_by_any_name[name] if {
	some name, path in {"short": ["customers"], "long": ["public", "customers"], "longer": ["shop", "public", "customers"]}
	sql.touches(["public", "customers"]) with input as on([table(path, "read")])
	sql.touches(["customers"]) with input as on([table(path, "read")])
}

test_touches_by_a_column if sql.touches(["customers"]) with input as on([column(["public", "customers", "email"])])

test_touches_no_other if {
	not sql.touches(["public", "customers"]) with input as on([table(["vault", "customers"], "read")])
	not sql.touches(["customers"]) with input as on([table(["orders"], "read"), {"kind": "role", "path": ["customers"], "access": "use"}])
}

test_touches_for if {
	sql.touches_for({"write"}, ["orders"]) with input as on([table(["public", "orders"], "write")])
	not sql.touches_for({"write"}, ["orders"]) with input as on([table(["public", "orders"], "read")])
}

test_touches_column[name] if {
	some name, targets in {
		"named": [table(["customers"], "read"), column(["customers", "card_number"])],
		"named without its table": [table(["customers"], "read"), column(["card_number"])],
		"everything": [table(["customers"], "read"), column(["public", "customers", "*"])],
	}
	sql.touches_column(["public", "customers"], "card_number") with input as on(targets)
}

test_touches_column_by_taking_the_table if {
	sql.touches_column(["customers"], "card_number") with input as {"command": command({
		"targets": [table(["customers"], "read")],
		"attributes": {"copy": {"direction": "to"}},
	})}
}

test_touches_no_other_column if {
	not sql.touches_column(["customers"], "card_number") with input as on([
		table(["customers"], "read"),
		column(["customers", "name"]),
		column(["orders", "card_number"]),
	])
}

test_copying_other_columns_touches_them_only if {
	not sql.touches_column(["customers"], "card_number") with input as {"command": command({
		"targets": [table(["customers"], "read"), column(["customers", "name"])],
		"attributes": {"copy": {"direction": "to"}},
	})}
}

test_counting_rows_touches_no_column if {
	not sql.touches_column(["customers"], "card_number") with input as on([table(["customers"], "read")])
}

test_calls if {
	calling := {"command": command({"functions": [{"path": ["pg_catalog", "pg_read_file"], "category": "file", "known": true}]})}
	sql.calls({"file"}) with input as calling
	not sql.calls({"network"}) with input as calling
	sql.calls_function("pg_read_file") with input as calling
	not sql.calls_function("now") with input as calling
}

without := {"present": false, "trivial": false}

trivial := {"present": true, "trivial": true}

with_one := {"present": true, "trivial": false}

# A set, because what is undefined cannot be compared.
yes := {true}

no := set()
