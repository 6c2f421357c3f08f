package policy.privilege_escalation_test

import data.policy.privilege_escalation as pack

subjects := {
	"agent": {"id": "bot", "kind": "agent", "groups": [], "claims": {}},
	"person": {"id": "ada", "kind": "human", "groups": [], "claims": {}},
	"dba": {"id": "eve", "kind": "human", "groups": ["dba"], "claims": {}},
	"job": {"id": "nightly", "kind": "ci", "groups": [], "claims": {}},
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

on(kind, path, access) := {"kind": kind, "path": path, "access": access, "resolution": "exact"}

sets(name, value, scope) := {"effects": ["session"], "attributes": {
	"statement": "set",
	"settings": [{"name": name, "value": value, "action": "set", "scope": scope}],
}}

makes(kind) := {"effects": ["create", "admin"], "attributes": {"statement": "create", "object": kind}}

alters(action) := {"effects": ["alter", "admin"], "attributes": {"statement": "alter_table", "object": "table", "actions": [action]}}

# Who asks for what, and which rules say no.
rows := {
	"a person reads": {"who": "person", "asks": {}, "rules": set()},
	"a person grants": {"who": "person", "asks": {"effects": ["grant"]}, "rules": {"SP-PE-001"}},
	"a person makes a role": {"who": "person", "asks": {"targets": [on("role", ["bob"], "create")]}, "rules": {"SP-PE-001"}},
	"a person makes a function that grants": {
		"who": "person",
		"asks": {"effects": ["create"], "attributes": {"statement": "create_function", "language": "sql", "body": {
			"effects": ["grant"], "complete": true, "reasons": [], "targets": [], "functions": [],
		}}},
		"rules": {"SP-PE-001"},
	},
	"an administrator grants": {"who": "dba", "asks": {"effects": ["grant"], "attributes": {"privileges": ["select"]}}, "rules": set()},
	"an administrator makes a superuser": {
		"who": "dba",
		"asks": {"effects": ["grant"], "attributes": {"role_options": ["superuser"]}},
		"rules": {"SP-PE-002"},
	},
	"an administrator makes a login": {
		"who": "dba",
		"asks": {"effects": ["grant"], "targets": [on("role", ["bob"], "create")], "attributes": {"role_options": ["login"]}},
		"rules": set(),
	},
	"an administrator lets a role join a powerful one": {
		"who": "dba",
		"asks": {"verb": "grant", "effects": ["grant"], "attributes": {"statement": "grant_role", "privileges": ["pg_read_server_files"]}},
		"rules": {"SP-PE-003"},
	},
	"an administrator takes a role out of a powerful one": {
		"who": "dba",
		"asks": {"verb": "revoke", "effects": ["grant"], "attributes": {"statement": "grant_role", "privileges": ["pg_read_server_files"]}},
		"rules": set(),
	},
	"an administrator makes a role in a powerful one": {
		"who": "dba",
		"asks": {
			"verb": "create",
			"effects": ["create", "grant"],
			"targets": [on("role", ["pg_write_all_data"], "grant")],
			"attributes": {"statement": "create_role", "role_options": ["addroleto"]},
		},
		"rules": {"SP-PE-003"},
	},
	"a person takes a role": {"who": "person", "asks": sets("role", "admin", "session"), "rules": {"SP-PE-004"}},
	"an administrator takes a role": {"who": "dba", "asks": sets("role", "admin", "session"), "rules": set()},
	"a person switches row security off": {"who": "person", "asks": sets("row_security", "off", "session"), "rules": {"SP-PE-005"}},
	"a person switches row security on": {"who": "person", "asks": sets("row_security", "on", "session"), "rules": set()},
	"an administrator switches triggers off": {"who": "dba", "asks": sets("session_replication_role", "replica", "session"), "rules": set()},
	"a person loads a library": {"who": "person", "asks": sets("local_preload_libraries", "x", "session"), "rules": {"SP-PE-005"}},
	"an administrator alters the system": {"who": "dba", "asks": sets("work_mem", "1GB", "system"), "rules": {"SP-PE-006"}},
	"a person ends a session": {
		"who": "person",
		"asks": {"functions": [{"path": ["pg_catalog", "pg_terminate_backend"], "category": "admin", "known": true}]},
		"rules": {"SP-PE-007"},
	},
	"an administrator ends a session": {
		"who": "dba",
		"asks": {"functions": [{"path": ["pg_catalog", "pg_terminate_backend"], "category": "admin", "known": true}]},
		"rules": set(),
	},
	"a person reads password hashes": {
		"who": "person",
		"asks": {"targets": [table(["pg_catalog", "pg_authid"]), column(["pg_catalog", "pg_authid", "rolpassword"])]},
		"rules": {"SP-PE-008"},
	},
	"a person reads password hashes by a bare name": {
		"who": "person",
		"asks": {"targets": [table(["pg_shadow"]), column(["pg_shadow", "*"])]},
		"rules": {"SP-PE-008"},
	},
	"a person reads the names of roles": {
		"who": "person",
		"asks": {"targets": [table(["pg_catalog", "pg_authid"]), column(["pg_catalog", "pg_authid", "rolname"])]},
		"rules": set(),
	},
	"a person reads options of user mappings": {
		"who": "person",
		"asks": {"targets": [
			table(["information_schema", "user_mapping_options"]),
			column(["information_schema", "user_mapping_options", "option_value"]),
		]},
		"rules": {"SP-PE-008"},
	},
	"a person reads pg_hba.conf": {"who": "person", "asks": {"targets": [table(["pg_catalog", "pg_hba_file_rules"])]}, "rules": {"SP-PE-008"}},
	"a person reads a table of that name of the application": {
		"who": "person",
		"asks": {"targets": [table(["app", "pg_shadow"]), column(["app", "pg_shadow", "passwd"])]},
		"rules": set(),
	},
	"an administrator reads password hashes": {
		"who": "dba",
		"asks": {"targets": [table(["pg_catalog", "pg_authid"]), column(["pg_catalog", "pg_authid", "rolpassword"])]},
		"rules": set(),
	},
	"a person lends rights": {
		"who": "person",
		"asks": {"effects": ["create"], "attributes": {"statement": "create_function", "language": "sql", "security_definer": true}},
		"rules": {"SP-PE-009"},
	},
	"an administrator lends rights": {
		"who": "dba",
		"asks": {"effects": ["create"], "attributes": {"statement": "create_function", "language": "sql", "security_definer": true}},
		"rules": set(),
	},
	"a person installs dblink": {"who": "person", "asks": {"targets": [on("extension", ["dblink"], "create")]}, "rules": {"SP-PE-010"}},
	"a person installs pg_trgm": {"who": "person", "asks": {"targets": [on("extension", ["pg_trgm"], "create")]}, "rules": set()},
	"an administrator installs dblink": {"who": "dba", "asks": {"targets": [on("extension", ["dblink"], "create")]}, "rules": set()},
	"an administrator writes C": {
		"who": "dba",
		"asks": {"effects": ["create"], "attributes": {"statement": "create_function", "language": "c"}},
		"rules": {"SP-PE-011"},
	},
	"an administrator loads a library": {"who": "dba", "asks": {"attributes": {"statement": "load"}}, "rules": {"SP-PE-011"}},
	"a person writes PL/pgSQL": {"who": "person", "asks": {"attributes": {"statement": "do", "language": "plpgsql"}}, "rules": set()},
	"a person makes an event trigger": {"who": "person", "asks": makes("event_trigger"), "rules": {"SP-PE-012"}},
	"a person makes a table": {"who": "person", "asks": makes("table"), "rules": set()},
	"an administrator makes an event trigger": {"who": "dba", "asks": makes("event_trigger"), "rules": set()},
	"a person disables a trigger": {"who": "person", "asks": alters("disable_trig_all"), "rules": {"SP-PE-013"}},
	"a person enables a trigger": {"who": "person", "asks": alters("enable_trig_all"), "rules": set()},
	"a person drops a policy": {
		"who": "person",
		"asks": {"effects": ["drop"], "attributes": {"statement": "drop", "object": "policy"}},
		"rules": {"SP-PE-013"},
	},
	"a person labels": {"who": "person", "asks": {"attributes": {"statement": "security_label"}}, "rules": {"SP-PE-013"}},
	"an administrator disables a trigger": {"who": "dba", "asks": alters("disable_trig_all"), "rules": set()},
	"an administrator writes a catalog": {
		"who": "dba",
		"asks": {"effects": ["write"], "targets": [on("table", ["pg_catalog", "pg_authid"], "write")]},
		"rules": {"SP-PE-014"},
	},
	"an administrator writes a catalog by its bare name": {
		"who": "dba",
		"asks": {"effects": ["write"], "targets": [on("table", ["pg_authid"], "write")]},
		"rules": {"SP-PE-014"},
	},
	"a person writes a table": {
		"who": "person",
		"asks": {"effects": ["write"], "targets": [on("table", ["orders"], "write"), on("table", ["app", "pg_notes"], "write")]},
		"rules": set(),
	},
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
	denied(ask("person", "production", {})) == set() with data.privilege_escalation as {
		"administrators": ["owners"],
		"extensions": ["postgis"],
		"languages": ["sql", "plpgsql", "plv8"],
		"channel": "#db",
	}
}

test_a_misspelt_setting_denies if {
	denied(ask("person", "staging", {})) == {"SP-PE-000"} with data.privilege_escalation as {"extension": ["postgis"]}
	denied(ask("person", "staging", {})) == {"SP-PE-000"} with data.privilege_escalation as {"extensions": "postgis"}
}

test_administrators_are_others if {
	denied(ask("dba", "production", {"effects": ["grant"]})) == {"SP-PE-001"} with data.privilege_escalation.administrators as ["owners"]
}

test_an_agent_is_no_administrator if {
	agent := object.union(ask("agent", "production", {"effects": ["grant"]}), {"subject": {"groups": ["dba"]}})
	denied(agent) == {"SP-PE-001"}
}

test_other_extensions_are_trusted if {
	postgis := {"targets": [on("extension", ["postgis"], "create")]}
	denied(ask("person", "production", postgis)) == set() with data.privilege_escalation.extensions as ["postgis"]
	denied(ask("person", "production", rows["a person installs pg_trgm"].asks)) == {"SP-PE-010"} with data.privilege_escalation.extensions as ["postgis"]
}

test_other_languages_are_trusted if {
	plv8 := {"effects": ["create"], "attributes": {"statement": "create_function", "language": "plv8"}}
	denied(ask("person", "production", plv8)) == {"SP-PE-011"}
	denied(ask("person", "production", plv8)) == set() with data.privilege_escalation.languages as ["sql", "plpgsql", "plv8"]
}

# Who hears

test_security_hears_of_changes_of_rights if {
	count(pack.notify) == 1 with input as ask("dba", "staging", {"effects": ["grant"]})
	count(pack.notify) == 0 with input as ask("dba", "staging", {})
}

test_somebody_else_hears if {
	some entry in pack.notify with input as ask("dba", "production", {"effects": ["grant"]})
		with data.privilege_escalation.channel as "#db"
	entry.channel == "#db"
}
