package policy.agent_read_only_test

import data.policy.agent_read_only as pack

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

table(name) := {"kind": "table", "path": [name], "access": "read", "resolution": "search_path"}

sets(name, value) := {"effects": ["session"], "attributes": {
	"statement": "set",
	"settings": [{"name": name, "value": value, "action": "set", "scope": "session"}],
}}

everything_of(path) := {"statement": "select", "columns": {"read": [everything(path)], "projected": [everything(path)], "predicates": []}}

everything(path) := {"path": array.concat(path, ["*"]), "labels": []}

function(name, category) := {"path": ["pg_catalog", name], "category": category, "known": true}

# Who asks for what (in production, where nothing else is said), and which rules say no.
rows := {
	"an agent reads": {"who": "agent", "asks": {}, "rules": set()},
	"a person writes": {"who": "person", "asks": {"effects": ["write"]}, "rules": set()},
	"an agent writes": {"who": "agent", "asks": {"effects": ["read", "write"]}, "rules": {"SP-AR-001"}},
	"an agent drops": {"who": "agent", "asks": {"effects": ["drop"]}, "rules": {"SP-AR-001"}},
	"an agent runs a DO block": {"who": "agent", "asks": {"effects": ["procedural"]}, "rules": {"SP-AR-002"}},
	"an agent sends dynamic SQL": {
		"who": "agent",
		"asks": {"complete": false, "reasons": ["dynamic_sql"]},
		"rules": {"SP-AR-003"},
	},
	"an agent takes a role": {"who": "agent", "asks": sets("role", "admin"), "rules": {"SP-AR-004"}},
	"an agent goes back to its own role": {
		"who": "agent",
		"asks": {"effects": ["session", "admin"], "attributes": {"settings": [{"name": "role", "action": "reset", "scope": "session"}]}},
		"rules": {"SP-AR-010"},
	},
	"an agent locks": {"who": "agent", "asks": {"effects": ["read", "lock"]}, "rules": {"SP-AR-005"}},
	"an agent gives locks back": {
		"who": "agent",
		"asks": {
			"effects": ["read", "lock"],
			"functions": [function("pg_advisory_unlock_all", "lock"), function("version", "session")],
		},
		"rules": set(),
	},
	"an agent gives a lock back and takes one": {
		"who": "agent",
		"asks": {
			"effects": ["read", "lock"],
			"functions": [function("pg_advisory_unlock_all", "lock"), function("pg_advisory_lock", "lock")],
		},
		"rules": {"SP-AR-005"},
	},
	"an agent gives a lock back and locks rows": {
		"who": "agent",
		"asks": {
			"effects": ["read", "lock"],
			"targets": [object.union(table("orders"), {"access": "lock"})],
			"functions": [function("pg_advisory_unlock_all", "lock")],
		},
		"rules": {"SP-AR-005"},
	},
	"an agent selects everything": {"who": "agent", "asks": {"attributes": everything_of(["orders"])}, "rules": {"SP-AR-006"}},
	"an agent selects everything in staging": {
		"who": "agent",
		"environment": "staging",
		"asks": {"attributes": everything_of(["orders"])},
		"rules": set(),
	},
	"an agent selects everything where true": {
		"who": "agent",
		"asks": {"attributes": object.union(everything_of(["orders"]), {"where": {"present": true, "trivial": true}})},
		"rules": {"SP-AR-006"},
	},
	"an agent selects everything of some rows": {
		"who": "agent",
		"asks": {"attributes": object.union(everything_of(["orders"]), {"where": {"present": true, "trivial": false}})},
		"rules": set(),
	},
	"an agent selects ten of everything": {
		"who": "agent",
		"asks": {"attributes": object.union(everything_of(["orders"]), {"limit": {"present": true, "value": 10}})},
		"rules": set(),
	},
	"an agent selects everything of a catalog": {
		"who": "agent",
		"asks": {"attributes": everything_of(["pg_catalog", "pg_class"])},
		"rules": set(),
	},
	"an agent plans to select everything": {
		"who": "agent",
		"asks": {"attributes": object.union(everything_of(["orders"]), {"explain": {"analyze": false, "statement": "select"}})},
		"rules": set(),
	},
	"an agent multiplies tables": {
		"who": "agent",
		"asks": {"targets": [table("a"), table("b")], "attributes": {"cross_join": true}},
		"rules": {"SP-AR-007"},
	},
	"an agent multiplies catalogs": {
		"who": "agent",
		"asks": {"targets": [{"kind": "table", "path": ["pg_catalog", "pg_class"], "access": "read", "resolution": "exact"}], "attributes": {"cross_join": true}},
		"rules": set(),
	},
	"an agent plans to multiply tables": {
		"who": "agent",
		"asks": {"targets": [table("a")], "attributes": {"cross_join": true, "explain": {"analyze": false, "statement": "select"}}},
		"rules": set(),
	},
	"an agent looks elsewhere": {"who": "agent", "asks": sets("search_path", "public, vault"), "rules": {"SP-AR-008"}},
	"an agent looks nowhere": {"who": "agent", "asks": sets("search_path", ""), "rules": set()},
	"an agent looks where everybody does": {"who": "agent", "asks": sets("search_path", "\"$user\", public"), "rules": set()},
	"an agent resets where it looks": {
		"who": "agent",
		"asks": {"effects": ["session"], "attributes": {"settings": [{"name": "search_path", "action": "reset", "scope": "session"}]}},
		"rules": set(),
	},
	"an agent sleeps": {"who": "agent", "asks": {"functions": [function("pg_sleep", "sleep")]}, "rules": {"SP-AR-009"}},
	"an agent administers": {"who": "agent", "asks": {"effects": ["admin"]}, "rules": {"SP-AR-010"}},
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

# What is allowed

allowed(given) if count(pack.allow) > 0 with input as given

test_agents_read if allowed(ask("agent", "production", {}))

test_agents_keep_their_sessions[name] if {
	some name, asks in {
		"BEGIN": {"effects": ["transaction"]},
		"SET": sets("application_name", "agent"),
		"SET search_path": sets("search_path", "public"),
		"a read that sets": {"effects": ["read", "session"]},
	}
	allowed(ask("agent", "production", asks))
}

test_agents_give_locks_back if {
	allowed(ask("agent", "production", rows["an agent gives locks back"].asks))
	not allowed(ask("agent", "production", rows["an agent gives a lock back and takes one"].asks))
}

test_nothing_else_is_allowed[name] if {
	some name, asks in {
		"writing": {"effects": ["write"]},
		"exporting": {"effects": ["read", "bulk_export"]},
		"another role": sets("role", "admin"),
		"another search_path": sets("search_path", "vault"),
		"what only run time tells": {"effects": ["session"], "attributes": {"settings": [{"action": "set", "scope": "session"}]}},
		"a search_path that only run time tells": {"effects": ["session"], "attributes": {"settings": [{"name": "search_path", "action": "set", "scope": "session"}]}},
		"nothing": {"effects": []},
	}
	not allowed(ask("agent", "production", asks))
}

test_it_is_about_agents_only if not allowed(ask("person", "production", {}))

# Settings

test_nothing_is_wrong_with_settings if {
	denied(ask("agent", "production", {})) == set() with data.agent_read_only as {
		"kinds": ["agent", "ci"],
		"groups": ["interns"],
		"production": ["live"],
		"schemas": ["app"],
		"hidden": ["vault.*"],
		"max_denied": 10,
	}
}

test_a_misspelt_setting_denies if {
	denied(ask("person", "staging", {})) == {"SP-AR-000"} with data.agent_read_only as {"group": ["interns"]}
	denied(ask("person", "staging", {})) == {"SP-AR-000"} with data.agent_read_only as {"max_denied": "10"}
}

test_others_are_held_to_reading if {
	allowed(ask("job", "production", {})) with data.agent_read_only.kinds as ["agent", "ci"]
	denied(ask("job", "production", {"effects": ["write"]})) == {"SP-AR-001"} with data.agent_read_only.kinds as ["ci"]
	allowed(ask("dba", "production", {})) with data.agent_read_only.groups as ["dba"]
	denied(ask("dba", "production", {"effects": ["write"]})) == {"SP-AR-001"} with data.agent_read_only.groups as ["dba"]
}

test_production_has_other_names if {
	everything := {"attributes": everything_of(["orders"])}
	denied(ask("agent", "live", everything)) == {"SP-AR-006"} with data.agent_read_only.production as ["live"]
	denied(ask("agent", "production", everything)) == set() with data.agent_read_only.production as ["live"]
}

test_schemas_are_others if {
	denied(ask("agent", "production", sets("search_path", "app,pg_catalog"))) == set() with data.agent_read_only.schemas as ["app"]
	denied(ask("agent", "production", sets("search_path", "public"))) == {"SP-AR-008"} with data.agent_read_only.schemas as ["app"]
}

test_hidden_tables_stay_hidden[name] if {
	some name, case in {
		"in full": {"path": ["vault", "secrets"], "hidden": ["vault.secrets"]},
		"by the table's name alone": {"path": ["secrets"], "hidden": ["vault.secrets"]},
		"by its schema": {"path": ["vault", "other"], "hidden": ["vault.*"]},
	}
	read := {"targets": [{"kind": "table", "path": case.path, "access": "read", "resolution": "exact"}]}
	denied(ask("agent", "staging", read)) == {"SP-AR-011"} with data.agent_read_only.hidden as case.hidden
	denied(ask("person", "staging", read)) == set() with data.agent_read_only.hidden as case.hidden
}

test_other_tables_are_not_hidden if {
	denied(ask("agent", "staging", {"targets": [table("orders")]})) == set() with data.agent_read_only.hidden as ["vault.secrets", "vault.*"]
}

# The session

tried(who, times) := object.union(ask(who, "production", {}), {"session": {"counters": {"denied": times}}})

test_an_agent_is_stopped_after_many_refusals if {
	count(pack.terminate) == 1 with input as tried("agent", 50)
	count(pack.terminate) == 0 with input as tried("agent", 49)
	count(pack.terminate) == 0 with input as tried("person", 50)
	count(pack.terminate) == 1 with input as tried("agent", 3) with data.agent_read_only.max_denied as 3
}
