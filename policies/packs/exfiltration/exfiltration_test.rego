package policy.exfiltration_test

import data.policy.exfiltration as pack

subjects := {
	"agent": {"id": "bot", "kind": "agent", "groups": [], "claims": {}},
	"person": {"id": "ada", "kind": "human", "groups": [], "claims": {}},
	"dba": {"id": "eve", "kind": "human", "groups": ["dba"], "claims": {}},
	"job": {"id": "nightly", "kind": "ci", "groups": [], "claims": {}},
	"backup": {"id": "backup", "kind": "agent", "groups": ["backup"], "claims": {}},
}

ask(who, environment, changes) := {
	"schema": 1,
	"stage": "command",
	"now": "2025-01-01T00:00:00Z",
	"subject": subjects[who],
	"resource": {"name": "shop", "protocol": "postgres", "environment": environment, "labels": {}},
	"client": {"address": "127.0.0.1", "tls": true},
	"session": {"id": "s", "transaction": "idle", "settings": {}, "effects": [], "counters": {"commands": 0, "denied": 0}},
	"command": object.union(
		{
			"dialect": "postgres",
			"verb": "select",
			"effects": ["read"],
			"targets": [],
			"functions": [],
			"complete": true,
			"reasons": [],
			"attributes": {"statement": "select"},
		},
		changes,
	),
}

table(path) := {"kind": "table", "path": path, "access": "read", "resolution": "search_path"}

column(path) := {"kind": "column", "path": path, "access": "read", "resolution": "search_path"}

function(name, category) := {"path": ["pg_catalog", name], "category": category, "known": true}

exports := {"effects": ["read", "bulk_export"], "attributes": {"statement": "copy", "copy": {"direction": "to", "endpoint": "client", "format": "text"}}}

reads(path, name) := {"targets": [table(path), column(array.concat(path, [name]))]}

makes(kind) := {"effects": ["create", "admin"], "attributes": {"statement": "create", "object": kind}}

# Who asks for what (in production, where nothing else is said), and which rules say no.
rows := {
	"a person reads": {"who": "person", "asks": {}, "rules": set()},
	"an administrator reads a file": {"who": "dba", "asks": {"effects": ["read", "unsafe_io"]}, "rules": {"SP-EX-001"}},
	"an administrator makes a function that reads a file": {
		"who": "dba",
		"asks": {"effects": ["create"], "attributes": {"statement": "create_function", "body": {
			"effects": ["read", "unsafe_io"], "complete": true, "reasons": [], "targets": [], "functions": [],
		}}},
		"rules": {"SP-EX-001"},
	},
	"an administrator runs a program": {
		"who": "dba",
		"asks": {"effects": ["unsafe_io"], "attributes": {"copy": {"direction": "from", "endpoint": "program", "format": "text"}}},
		"rules": {"SP-EX-001", "SP-EX-002"},
	},
	"an administrator opens a connection": {"who": "dba", "asks": {"functions": [function("dblink", "network")]}, "rules": {"SP-EX-003"}},
	"an administrator makes a large object": {"who": "dba", "asks": {"functions": [function("lo_create", "large_object")]}, "rules": {"SP-EX-004"}},
	"an agent copies a table out": {"who": "agent", "asks": exports, "rules": {"SP-EX-005"}},
	"a person copies a table out": {"who": "person", "asks": exports, "rules": set()},
	"a person reads values in pg_stats": {
		"who": "person",
		"asks": reads(["pg_catalog", "pg_stats"], "most_common_vals"),
		"rules": {"SP-EX-006"},
	},
	"a person reads all of pg_stats by its bare name": {
		"who": "person",
		"asks": {"targets": [table(["pg_stats"]), column(["pg_stats", "*"])]},
		"rules": {"SP-EX-006"},
	},
	"a person reads other columns of pg_stats": {
		"who": "person",
		"asks": reads(["pg_catalog", "pg_stats"], "n_distinct"),
		"rules": set(),
	},
	"a person reads a pg_stats of somebody's own": {
		"who": "person",
		"asks": reads(["app", "pg_stats"], "most_common_vals"),
		"rules": set(),
	},
	"an administrator reads values in pg_stats": {
		"who": "dba",
		"asks": reads(["pg_catalog", "pg_stats"], "most_common_vals"),
		"rules": set(),
	},
	"a person makes a slot": {
		"who": "person",
		"asks": {"functions": [function("pg_create_logical_replication_slot", "replication")]},
		"rules": {"SP-EX-007"},
	},
	"a person starts a backup": {"who": "person", "asks": {"functions": [function("pg_backup_start", "admin")]}, "rules": {"SP-EX-007"}},
	"a person publishes": {
		"who": "person",
		"asks": {"effects": ["create"], "targets": [{"kind": "publication", "path": ["p"], "access": "create", "resolution": "exact"}]},
		"rules": {"SP-EX-007"},
	},
	"an administrator publishes": {
		"who": "dba",
		"asks": {"effects": ["create"], "targets": [{"kind": "publication", "path": ["p"], "access": "create", "resolution": "exact"}]},
		"rules": set(),
	},
	"a person makes a foreign server": {"who": "person", "asks": makes("server"), "rules": {"SP-EX-008"}},
	"a person makes a table": {"who": "person", "asks": makes("table"), "rules": set()},
	"an administrator makes a foreign server": {"who": "dba", "asks": makes("server"), "rules": set()},
	"a person dumps a table as XML": {"who": "person", "asks": {"functions": [function("table_to_xml", "dynamic_sql")]}, "rules": {"SP-EX-009"}},
	"a person makes XML of a query": {"who": "person", "asks": {"functions": [function("query_to_xml", "dynamic_sql")]}, "rules": set()},
	"an administrator dumps a table as XML": {"who": "dba", "asks": {"functions": [function("table_to_xml", "dynamic_sql")]}, "rules": set()},
}

# Ids of the rules that deny.
denied(given) := ids if {
	ids := {entry.rule.custom.id | some entry in pack.deny} with input as given
}

test_every_rule_says_what_to_do_next[name] if {
	some name, row in rows
	every entry in pack.deny {
		entry.message != ""
		entry.rule.custom.severity in {"low", "medium", "high", "critical"}
		entry.rule.custom.remediation != ""
	} with input as ask(row.who, object.get(row, "environment", "production"), row.asks)
}

test_deny[name] if {
	some name, row in rows
	denied(ask(row.who, object.get(row, "environment", "production"), row.asks)) == row.rules
}

# Settings

test_nothing_is_wrong_with_settings if {
	denied(ask("person", "production", {})) == set() with data.exfiltration as {
		"production": ["live"],
		"administrators": ["owners"],
		"no_copy": ["agent", "human"],
		"exporters": ["backup"],
		"sensitive": ["audit.logins"],
		"limited": ["agent"],
		"rows": 1000,
		"bytes": 1000000,
		"channel": "#db",
	}
}

test_a_misspelt_setting_denies if {
	denied(ask("person", "staging", {})) == {"SP-EX-000"} with data.exfiltration as {"row": 10}
	denied(ask("person", "staging", {})) == {"SP-EX-000"} with data.exfiltration as {"rows": "10"}
}

test_administrators_are_others if {
	denied(ask("dba", "production", makes("server"))) == {"SP-EX-008"} with data.exfiltration.administrators as ["owners"]
}

test_who_copies if {
	denied(ask("person", "production", exports)) == {"SP-EX-005"} with data.exfiltration.no_copy as ["human"]
	denied(ask("agent", "production", exports)) == set() with data.exfiltration.no_copy as ["human"]
	denied(ask("backup", "production", exports)) == set() with data.exfiltration.exporters as ["backup"]
	denied(ask("agent", "production", exports)) == {"SP-EX-005"} with data.exfiltration.exporters as ["backup"]
}

test_sensitive_tables_are_not_read[name] if {
	some name, case in {
		"a table": {"sensitive": ["audit.logins"], "asks": {"targets": [table(["logins"])]}, "rules": {"SP-EX-010"}},
		"a column": {"sensitive": ["pg_catalog.pg_stat_activity.query"], "asks": reads(["pg_catalog", "pg_stat_activity"], "query"), "rules": {"SP-EX-010"}},
		"another column": {"sensitive": ["pg_catalog.pg_stat_activity.query"], "asks": reads(["pg_catalog", "pg_stat_activity"], "pid"), "rules": set()},
		"another table": {"sensitive": ["audit.logins"], "asks": {"targets": [table(["orders"])]}, "rules": set()},
	}
	denied(ask("person", "staging", case.asks)) == case.rules with data.exfiltration.sensitive as case.sensitive
	denied(ask("dba", "staging", case.asks)) == set() with data.exfiltration.sensitive as case.sensitive
}

limits(given) := found if {
	found := {key: value |
		some entry in pack.limit
		some key, value in object.remove(entry, ["rule"])
	} with input as given
}

test_results_are_limited_where_settings_say_so if {
	reading := {"targets": [table(["orders"])]}
	limits(ask("agent", "staging", reading)) == {}
	limits(ask("agent", "staging", reading)) == {"rows": 100} with data.exfiltration as {"rows": 100}
	limits(ask("agent", "staging", reading)) == {"bytes": 10, "rows": 100} with data.exfiltration as {"rows": 100, "bytes": 10}
	limits(ask("person", "staging", reading)) == {} with data.exfiltration as {"rows": 100}
	limits(ask("person", "staging", reading)) == {"rows": 100} with data.exfiltration as {"rows": 100, "limited": ["human"]}
	limits(ask("agent", "staging", {"targets": [table(["pg_catalog", "pg_class"])]})) == {} with data.exfiltration as {"rows": 100}
	limits(ask("agent", "staging", {"effects": ["transaction"]})) == {} with data.exfiltration as {"rows": 100}
}

# Who hears

heard(given) := rules if {
	rules := {entry.rule.custom.id | some entry in pack.notify} with input as given
}

test_security_hears if {
	heard(ask("person", "staging", {"effects": ["unsafe_io"]})) == {"SP-EX-012"}
	heard(ask("person", "production", exports)) == {"SP-EX-013"}
	heard(ask("person", "staging", exports)) == set()
	heard(ask("person", "live", exports)) == {"SP-EX-013"} with data.exfiltration.production as ["live"]
	heard(ask("person", "production", {})) == set()
}

test_somebody_else_hears if {
	some entry in pack.notify with input as ask("person", "production", exports) with data.exfiltration.channel as "#db"
	entry.channel == "#db"
}
