package policy.postgres_guardrails_test

import data.policy.postgres_guardrails as pack

# Inputs

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

# Which rules deny

denied(given) := ids if {
	ids := {reason.rule.custom.id | some reason in pack.deny} with input as given
}

# Each row: who asks for what in production, and which rules say no.
rows := {
	"an agent reads": {"who": "agent", "asks": {}, "rules": set()},
	"an agent writes": {"who": "agent", "asks": {"effects": ["read", "write"]}, "rules": {"SP-PG-001"}},
	"an agent drops": {"who": "agent", "asks": {"effects": ["drop"]}, "rules": {"SP-PG-001", "SP-PG-014"}},
	"an agent runs a DO block": {"who": "agent", "asks": {"effects": ["procedural"]}, "rules": {"SP-PG-002"}},
	"an agent sends dynamic SQL": {
		"who": "agent",
		"asks": {"complete": false, "reasons": ["dynamic_sql"]},
		"rules": {"SP-PG-003"},
	},
	"an agent takes a role": {
		"who": "agent",
		"asks": {"effects": ["session"], "attributes": {"settings": [{"name": "role", "action": "set", "scope": "session"}]}},
		"rules": {"SP-PG-004"},
	},
	"an agent copies a table out": {
		"who": "agent",
		"asks": {"effects": ["read", "bulk_export"], "attributes": {"copy": {"direction": "to", "endpoint": "client"}}},
		"rules": {"SP-PG-005"},
	},
	"an agent selects everything": {
		"who": "agent",
		"asks": {"targets": [table("orders")], "attributes": {"star": true, "limit": {"present": false}}},
		"rules": {"SP-PG-006"},
	},
	"an agent selects everything of a catalog": {
		"who": "agent",
		"asks": {"targets": [table("pg_class")], "attributes": {"star": true, "limit": {"present": false}}},
		"rules": set(),
	},
	"an agent selects ten of everything": {
		"who": "agent",
		"asks": {"targets": [table("orders")], "attributes": {"star": true, "limit": {"present": true, "value": 10}}},
		"rules": set(),
	},
	"an agent multiplies tables": {
		"who": "agent",
		"asks": {"targets": [table("a"), table("b")], "attributes": {"cross_join": true}},
		"rules": {"SP-PG-007"},
	},
	"somebody reads a file": {"who": "dba", "asks": {"effects": ["read", "unsafe_io"]}, "rules": {"SP-PG-010"}},
	"somebody runs a program": {
		"who": "dba",
		"asks": {"effects": ["unsafe_io"], "attributes": {"copy": {"direction": "from", "endpoint": "program"}}},
		"rules": {"SP-PG-010", "SP-PG-011"},
	},
	"somebody opens a connection": {
		"who": "dba",
		"asks": {"functions": [{"path": ["dblink"], "category": "network", "known": true}]},
		"rules": {"SP-PG-012"},
	},
	"somebody makes a large object": {
		"who": "dba",
		"asks": {"functions": [{"path": ["lo_create"], "category": "large_object", "known": true}]},
		"rules": {"SP-PG-013"},
	},
	"a person truncates": {"who": "person", "asks": {"effects": ["truncate"]}, "rules": {"SP-PG-014"}},
	"an administrator truncates": {"who": "dba", "asks": {"effects": ["truncate"]}, "rules": set()},
	"a person deletes every row": {
		"who": "person",
		"asks": {"verb": "delete", "effects": ["delete"], "attributes": {"statement": "delete", "where": {"present": false, "trivial": false}}},
		"rules": {"SP-PG-015"},
	},
	"a person deletes a row": {
		"who": "person",
		"asks": {"verb": "delete", "effects": ["delete"], "attributes": {"statement": "delete", "where": {"present": true, "trivial": false}}},
		"rules": set(),
	},
	"a person grants": {"who": "person", "asks": {"effects": ["grant"]}, "rules": {"SP-PG-016"}},
	"an administrator grants": {"who": "dba", "asks": {"effects": ["grant"]}, "rules": set()},
	"an administrator makes a superuser": {
		"who": "dba",
		"asks": {"effects": ["grant"], "attributes": {"role_options": ["superuser"]}},
		"rules": {"SP-PG-017"},
	},
	"a person switches row security off": {
		"who": "person",
		"asks": {"effects": ["session"], "attributes": {"settings": [{"name": "row_security", "action": "set", "scope": "session"}]}},
		"rules": {"SP-PG-018"},
	},
	"an administrator alters the system": {
		"who": "dba",
		"asks": {"effects": ["admin"], "attributes": {"settings": [{"name": "work_mem", "action": "set", "scope": "system"}]}},
		"rules": {"SP-PG-019"},
	},
	"a person ends a session": {
		"who": "person",
		"asks": {"effects": ["admin"], "functions": [{"path": ["pg_terminate_backend"], "category": "admin", "known": true}]},
		"rules": {"SP-PG-020"},
	},
	"a person reads password hashes": {"who": "person", "asks": {"targets": [table("pg_authid")]}, "rules": {"SP-PG-021"}},
	"a person lends rights": {
		"who": "person",
		"asks": {"effects": ["create"], "attributes": {"security_definer": true}},
		"rules": {"SP-PG-022"},
	},
}

test_deny[name] if {
	some name, row in rows
	denied(ask(row.who, "production", row.asks)) == row.rules
}

# Who is allowed

allowed(given) if count(pack.allow) > 0 with input as given

reviewed(given) if count(pack.review) > 0 with input as given

test_everybody_reads[who] if {
	some who in ["agent", "person", "dba", "job"]
	allowed(ask(who, "production", {}))
}

test_drivers_keep_their_sessions[who] if {
	some who in ["agent", "person", "job"]
	allowed(ask(who, "production", {"effects": ["transaction"], "attributes": {"transaction": {"action": "begin"}}}))
}

test_people_and_jobs_write[who] if {
	some who in ["person", "job"]
	allowed(ask(who, "production", {"effects": ["read", "write"]}))
}

test_agents_do_not_write if not allowed(ask("agent", "production", {"effects": ["write"]}))

test_migrations_run_outside_production if {
	allowed(ask("job", "staging", {"effects": ["create"]}))
	not allowed(ask("agent", "staging", {"effects": ["create"]}))
}

test_migrations_are_reviewed_in_production if {
	reviewed(ask("job", "production", {"effects": ["alter"]}))
	not allowed(ask("job", "production", {"effects": ["alter"]}))
	not reviewed(ask("job", "staging", {"effects": ["alter"]}))
}

test_what_nobody_vouches_for_is_reviewed if {
	unclear := {"complete": false, "reasons": ["dynamic_sql"]}
	reviewed(ask("person", "production", unclear))
	not reviewed(ask("agent", "production", unclear))
}

test_dropping_outside_production if {
	denied(ask("person", "staging", {"effects": ["drop"]})) == set()
	allowed(ask("person", "staging", {"effects": ["drop"]}))
}

test_an_agent_is_stopped_after_many_refusals if {
	count(pack.terminate) == 1 with input as tried(50)
	count(pack.terminate) == 0 with input as tried(49)
}

tried(times) := object.union(ask("agent", "production", {}), {"session": {"counters": {"denied": times}}})

test_security_hears_of_attempts if {
	count(pack.notify) == 1 with input as ask("agent", "production", {"effects": ["unsafe_io"]})
	count(pack.notify) == 0 with input as ask("agent", "production", {})
}

test_every_rule_says_what_to_do_next[name] if {
	some name, row in rows
	every reason in pack.deny {
		reason.message != ""
		reason.rule.custom.severity in {"medium", "high", "critical"}
		reason.rule.custom.remediation != ""
	} with input as ask(row.who, "production", row.asks)
}
