package policy.destructive_sql_test

import data.policy.destructive_sql as pack

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

table(name, access) := {"kind": "table", "path": [name], "access": access, "resolution": "search_path"}

without := {"present": false, "trivial": false}

with_one := {"present": true, "trivial": false}

# Who asks for what (in production, where nothing else is said), and which rules say no.
rows := {
	"a person reads": {"who": "person", "asks": {}, "rules": set()},
	"a person drops": {"who": "person", "asks": {"effects": ["drop"]}, "rules": {"SP-DS-001"}},
	"a person truncates": {"who": "person", "asks": {"effects": ["truncate"]}, "rules": {"SP-DS-001"}},
	"a person drops in staging": {"who": "person", "environment": "staging", "asks": {"effects": ["drop"]}, "rules": set()},
	"an administrator truncates": {"who": "dba", "asks": {"effects": ["truncate"]}, "rules": set()},
	"an agent drops": {"who": "agent", "asks": {"effects": ["drop"]}, "rules": {"SP-DS-001", "SP-DS-002"}},
	"an agent drops in staging": {"who": "agent", "environment": "staging", "asks": {"effects": ["drop"]}, "rules": {"SP-DS-002"}},
	"a person deletes every row": {
		"who": "person",
		"asks": {"verb": "delete", "effects": ["delete"], "attributes": {"statement": "delete", "where": without}},
		"rules": {"SP-DS-003"},
	},
	"an administrator deletes every row in staging": {
		"who": "dba",
		"environment": "staging",
		"asks": {"verb": "delete", "effects": ["delete"], "attributes": {"statement": "delete", "where": without}},
		"rules": {"SP-DS-003"},
	},
	"a person deletes a row": {
		"who": "person",
		"asks": {"verb": "delete", "effects": ["delete"], "attributes": {"statement": "delete", "where": with_one}},
		"rules": set(),
	},
	"an administrator drops a schema": {
		"who": "dba",
		"asks": {"effects": ["drop"], "targets": [{"kind": "schema", "path": ["shop"], "access": "drop", "resolution": "exact"}]},
		"rules": {"SP-DS-004"},
	},
	"an administrator drops a schema in staging": {
		"who": "dba",
		"environment": "staging",
		"asks": {"effects": ["drop"], "targets": [{"kind": "schema", "path": ["shop"], "access": "drop", "resolution": "exact"}]},
		"rules": set(),
	},
	"an administrator drops what somebody owns": {
		"who": "dba",
		"asks": {"effects": ["drop"], "attributes": {"statement": "drop_owned"}},
		"rules": {"SP-DS-004"},
	},
	"an administrator drops what somebody owns in a DO block": {
		"who": "dba",
		"asks": {"effects": ["drop"], "attributes": {"statement": "do", "nested": ["drop_owned"]}},
		"rules": {"SP-DS-004"},
	},
	"an administrator drops with CASCADE": {
		"who": "dba",
		"asks": {"effects": ["drop"], "attributes": {"statement": "drop", "cascade": true}},
		"rules": {"SP-DS-005"},
	},
	"an administrator revokes with CASCADE": {
		"who": "dba",
		"asks": {"effects": ["grant"], "attributes": {"statement": "grant", "cascade": true}},
		"rules": set(),
	},
	"a person vacuums fully": {
		"who": "person",
		"asks": {"effects": ["admin", "lock"], "attributes": {"statement": "vacuum"}},
		"rules": {"SP-DS-006"},
	},
	"a person vacuums": {"who": "person", "asks": {"effects": ["admin"], "attributes": {"statement": "vacuum"}}, "rules": set()},
	"a person reindexes concurrently": {
		"who": "person",
		"asks": {"effects": ["admin", "lock"], "attributes": {"statement": "reindex", "concurrently": true}},
		"rules": set(),
	},
	"an administrator clusters": {
		"who": "dba",
		"asks": {"effects": ["admin", "lock"], "attributes": {"statement": "cluster"}},
		"rules": set(),
	},
	"a person detaches a partition": {
		"who": "person",
		"asks": {"effects": ["alter"], "attributes": {"statement": "alter_table", "actions": ["detach_partition"]}},
		"rules": {"SP-DS-007"},
	},
	"a person adds a column": {
		"who": "person",
		"asks": {"effects": ["alter"], "attributes": {"statement": "alter_table", "actions": ["add_column"]}},
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
	denied(ask("person", "live", {})) == set() with data.destructive_sql as {
		"production": ["live"],
		"administrators": ["owners"],
		"never": [],
		"protected": [],
		"channel": "#db",
	}
}

test_a_misspelt_setting_denies if {
	denied(ask("person", "staging", {})) == {"SP-DS-000"} with data.destructive_sql as {"prodction": ["live"]}
	denied(ask("person", "staging", {})) == {"SP-DS-000"} with data.destructive_sql as {"production": "live"}
}

test_production_has_other_names if {
	denied(ask("person", "live", {"effects": ["drop"]})) == {"SP-DS-001"} with data.destructive_sql.production as ["live"]
	denied(ask("person", "production", {"effects": ["drop"]})) == set() with data.destructive_sql.production as ["live"]
}

test_administrators_are_others if {
	denied(ask("dba", "production", {"effects": ["drop"]})) == {"SP-DS-001"} with data.destructive_sql.administrators as ["owners"]
}

test_an_agent_is_no_administrator if {
	agent := object.union(ask("agent", "production", {"effects": ["drop"]}), {"subject": {"groups": ["dba"]}})
	denied(agent) == {"SP-DS-001", "SP-DS-002"}
}

test_jobs_drop_nowhere_either if {
	denied(ask("job", "staging", {"effects": ["drop"]})) == {"SP-DS-002"} with data.destructive_sql.never as ["agent", "ci"]
	denied(ask("agent", "staging", {"effects": ["drop"]})) == set() with data.destructive_sql.never as []
}

test_protected_tables_keep_their_rows[name] if {
	some name, case in {
		"insert": {"asks": {"effects": ["write"], "targets": [table("audit", "write")], "attributes": {"statement": "insert"}}, "rules": set()},
		"update": {"asks": {"effects": ["write"], "targets": [table("audit", "write")], "attributes": {"statement": "update", "where": with_one}}, "rules": {"SP-DS-008"}},
		"update in a CTE": {"asks": {"effects": ["write"], "targets": [table("audit", "write")], "attributes": {"statement": "select", "nested": ["update"], "where": with_one}}, "rules": {"SP-DS-008"}},
		"delete": {"asks": {"effects": ["delete"], "targets": [table("audit", "delete")], "attributes": {"statement": "delete", "where": with_one}}, "rules": {"SP-DS-008"}},
		"alter": {"asks": {"effects": ["alter"], "targets": [table("audit", "alter")]}, "rules": {"SP-DS-008"}},
		"another table": {"asks": {"effects": ["delete"], "targets": [table("orders", "delete")], "attributes": {"statement": "delete", "where": with_one}}, "rules": set()},
	}
	denied(ask("dba", "staging", case.asks)) == case.rules with data.destructive_sql.protected as ["public.audit"]
}

test_security_hears_of_losses if {
	count(pack.notify) == 1 with input as ask("dba", "production", {"verb": "drop", "effects": ["drop"]})
	count(pack.notify) == 0 with input as ask("dba", "staging", {"effects": ["drop"]})
	count(pack.notify) == 0 with input as ask("dba", "production", {})
}

test_somebody_else_hears if {
	some entry in pack.notify with input as ask("dba", "production", {"effects": ["drop"]})
		with data.destructive_sql.channel as "#db"
	entry.channel == "#db"
}
