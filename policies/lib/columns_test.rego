package sallyport.columns_test

import data.sallyport.columns

email := {"path": ["public", "customers", "email"], "labels": ["contact", "pii"]}

name := {"path": ["public", "customers", "name"], "labels": []}

yes := {true}

no := set()

# A SELECT: what it gives back, and where the columns stand.
select(result, used) := {"result": {"columns": result}, "command": {
	"effects": ["read"],
	"targets": [{"kind": "table", "path": ["customers"], "access": "read"}],
	"attributes": {"columns": object.union({"read": [], "projected": [], "predicates": []}, used)},
}}

shown(labels, provenance) := {"name": "c", "type": "text", "labels": labels, "provenance": provenance}

test_labelled if {
	columns.labelled([email, name], "pii") == {["public", "customers", "email"]}
	columns.labelled([name], "pii") == set()
}

test_shows_label[title] if {
	some title, case in {
		"as it is": {"columns": [shown([], "clean"), shown(["pii"], "direct")], "holds": yes},
		"computed": {"columns": [shown(["contact", "pii"], "derived")], "holds": yes},
		"another label": {"columns": [shown(["contact"], "direct")], "holds": no},
		"no label": {"columns": [shown([], "clean")], "holds": no},
		"nobody knows": {"columns": [shown([], "unknown")], "holds": yes},
		"no rows": {"columns": [], "holds": no},
	}
	{true | columns.shows_label("pii")} == case.holds with input as select(case.columns, {})
}

test_reads_and_searches_by_label[title] if {
	some title, case in {
		"read": {"used": {"read": [name, email]}, "reads": yes, "searches": no},
		"searched by": {"used": {"read": [email], "predicates": [email]}, "reads": yes, "searches": yes},
		"others": {"used": {"read": [name], "predicates": [name]}, "reads": no, "searches": no},
	}
	given := select([], case.used)
	{true | columns.reads_label("pii")} == case.reads with input as given
	{true | columns.searches_by_label("pii")} == case.searches with input as given
}

test_where_nothing_follows_lineage_what_reads_tables_counts[title] if {
	some title, case in {
		"a table": {"path": ["customers"], "effects": ["read"], "holds": yes},
		"a catalog": {"path": ["pg_catalog", "pg_class"], "effects": ["read"], "holds": no},
		"rows that are written": {"path": ["customers"], "effects": ["write"], "holds": no},
	}
	given := {"command": {"effects": case.effects, "targets": [{"kind": "table", "path": case.path, "access": "read", "resolution": "search_path"}], "attributes": {}}}
	{true | columns.shows_label("pii")} == case.holds with input as given
	{true | columns.reads_label("pii")} == case.holds with input as given
	{true | columns.searches_by_label("pii")} == case.holds with input as given
}
