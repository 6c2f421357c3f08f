package policy.change_approval_test

import data.policy.change_approval as pack

subjects := {
	"agent": {"id": "bot", "kind": "agent", "groups": [], "claims": {}},
	"person": {"id": "ada", "kind": "human", "groups": [], "claims": {}},
	"dba": {"id": "eve", "kind": "human", "groups": ["dba"], "claims": {}},
	"job": {"id": "nightly", "kind": "ci", "groups": [], "claims": {}},
	"oncall": {"id": "kim", "kind": "human", "groups": ["break-glass"], "claims": {}},
	"bot": {"id": "bot", "kind": "agent", "groups": ["break-glass"], "claims": {}},
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

# Rules that hold
held(given) := ids if {
	ids := {entry.rule.custom.id | some entry in pack.review} with input as given
}

# Rules that allow
allowed(given) := ids if {
	ids := {entry.rule.custom.id | some entry in pack.allow} with input as given
}

denied(given) := ids if {
	ids := {entry.rule.custom.id | some entry in pack.deny} with input as given
}

sets(name) := {"effects": ["session"], "attributes": {
	"statement": "set",
	"settings": [{"name": name, "value": "admin", "action": "set", "scope": "session"}],
}}

# Who asks for what (in production, where nothing else is said), and which rules hold it.
rows := {
	"a person reads": {"who": "person", "asks": {}, "rules": set()},
	"a person writes": {"who": "person", "asks": {"effects": ["read", "write"]}, "rules": set()},
	"a person alters": {"who": "person", "asks": {"effects": ["alter"]}, "rules": {"SP-CA-001"}},
	"a job creates": {"who": "job", "asks": {"effects": ["create"]}, "rules": {"SP-CA-001"}},
	"an administrator drops": {"who": "dba", "asks": {"effects": ["drop"]}, "rules": {"SP-CA-001"}},
	"a person alters in staging": {"who": "person", "environment": "staging", "asks": {"effects": ["alter"]}, "rules": set()},
	"an agent alters": {"who": "agent", "asks": {"effects": ["alter"]}, "rules": set()},
	"a person makes a temporary table": {
		"who": "person",
		"asks": {"effects": ["read", "write", "create"], "attributes": {"statement": "create_table_as", "temporary": true}},
		"rules": set(),
	},
	"a person sends dynamic SQL in staging": {
		"who": "person",
		"environment": "staging",
		"asks": {"complete": false, "reasons": ["dynamic_sql"]},
		"rules": {"SP-CA-002"},
	},
	"an agent sends dynamic SQL": {"who": "agent", "asks": {"complete": false, "reasons": ["dynamic_sql"]}, "rules": set()},
	"a person loads": {"who": "person", "asks": {"effects": ["write", "bulk_load"]}, "rules": {"SP-CA-003"}},
	"a person deletes every row": {
		"who": "person",
		"asks": {"effects": ["delete"], "attributes": {"statement": "delete", "where": {"present": false, "trivial": false}}},
		"rules": {"SP-CA-003"},
	},
	"a person deletes a row": {
		"who": "person",
		"asks": {"effects": ["delete"], "attributes": {"statement": "delete", "where": {"present": true, "trivial": false}}},
		"rules": set(),
	},
	"an administrator grants": {"who": "dba", "asks": {"effects": ["grant"]}, "rules": {"SP-CA-004"}},
	"an administrator takes a role": {"who": "dba", "asks": sets("role"), "rules": {"SP-CA-004"}},
	"an administrator administers": {"who": "dba", "asks": {"effects": ["admin"], "attributes": {"statement": "select"}}, "rules": {"SP-CA-004"}},
	"an administrator vacuums": {"who": "dba", "asks": {"effects": ["admin"], "attributes": {"statement": "vacuum"}}, "rules": set()},
	"somebody breaks the glass": {"who": "oncall", "asks": {"effects": ["drop", "grant"]}, "rules": set()},
	"somebody sends dynamic SQL in breaking the glass": {
		"who": "oncall",
		"asks": {"complete": false, "reasons": ["dynamic_sql"]},
		"rules": {"SP-CA-002"},
	},
}

test_review[name] if {
	some name, row in rows
	held(ask(row.who, object.get(row, "environment", "production"), row.asks)) == row.rules
}

test_every_review_names_its_approvers[name] if {
	some name, row in rows
	every entry in pack.review {
		entry.approvers == ["dba"]
		entry.ttl == "15m"
		entry.rule.custom.remediation != ""
	} with input as ask(row.who, object.get(row, "environment", "production"), row.asks)
}

# Breaking the glass

test_the_break_glass_group_is_allowed_in_production if {
	allowed(ask("oncall", "production", {"effects": ["drop"]})) == {"SP-CA-100"}
	allowed(ask("oncall", "staging", {"effects": ["drop"]})) == set()
	allowed(ask("person", "production", {"effects": ["drop"]})) == set()
}

test_only_people_break_glass if allowed(ask("bot", "production", {"effects": ["drop"]})) == set()

test_everybody_hears_of_broken_glass if {
	count(pack.notify) == 1 with input as ask("oncall", "production", {"effects": ["drop"], "verb": "drop"})
	count(pack.notify) == 0 with input as ask("oncall", "production", {})
	count(pack.notify) == 0 with input as ask("oncall", "production", {"effects": ["transaction"]})
	count(pack.notify) == 0 with input as ask("person", "production", {"effects": ["drop"]})
}

# Settings

test_it_allows_nothing_by_itself if {
	every who in ["agent", "person", "dba", "job"] {
		allowed(ask(who, "production", {})) == set()
		allowed(ask(who, "staging", {"effects": ["create"]})) == set()
	}
}

test_nothing_is_wrong_with_settings if {
	denied(ask("person", "production", {})) == set() with data.change_approval as {
		"production": ["live"],
		"kinds": ["human"],
		"approvers": ["leads"],
		"ttl": "1h",
		"break_glass": ["oncall"],
		"channel": "#db",
		"may_work": ["human"],
		"may_administer": ["dba"],
	}
}

test_a_misspelt_setting_denies if {
	denied(ask("person", "staging", {})) == {"SP-CA-000"} with data.change_approval as {"approver": ["leads"]}
	denied(ask("person", "staging", {})) == {"SP-CA-000"} with data.change_approval as {"ttl": 15}
}

test_production_has_other_names if {
	held(ask("person", "live", {"effects": ["alter"]})) == {"SP-CA-001"} with data.change_approval.production as ["live"]
	held(ask("person", "production", {"effects": ["alter"]})) == set() with data.change_approval.production as ["live"]
}

test_agents_may_ask_too if {
	held(ask("agent", "production", {"effects": ["alter"]})) == {"SP-CA-001"} with data.change_approval.kinds as ["agent"]
	held(ask("person", "production", {"effects": ["alter"]})) == set() with data.change_approval.kinds as ["agent"]
}

test_others_approve if {
	some entry in pack.review with input as ask("person", "production", {"effects": ["alter"]})
		with data.change_approval as {"approvers": ["leads"], "ttl": "1h"}
	entry.approvers == ["leads"]
	entry.ttl == "1h"
}

test_another_group_breaks_glass if {
	allowed(ask("dba", "production", {"effects": ["drop"]})) == {"SP-CA-100"} with data.change_approval.break_glass as ["dba"]
	some entry in pack.notify with input as ask("dba", "production", {"effects": ["drop"]})
		with data.change_approval as {"break_glass": ["dba"], "channel": "#db"}
	entry.channel == "#db"
}

test_who_may_work[name] if {
	some name, case in {
		"a person writes in production": {"who": "person", "environment": "production", "asks": {"effects": ["read", "write"]}, "rules": {"SP-CA-102"}},
		"a person takes a role": {"who": "person", "environment": "production", "asks": sets("role"), "rules": set()},
		"a job creates in staging": {"who": "job", "environment": "staging", "asks": {"effects": ["create"]}, "rules": {"SP-CA-103"}},
		"a job creates in production": {"who": "job", "environment": "production", "asks": {"effects": ["create"]}, "rules": set()},
		"a job grants in staging": {"who": "job", "environment": "staging", "asks": {"effects": ["create", "grant"]}, "rules": set()},
		"an agent writes": {"who": "agent", "environment": "production", "asks": {"effects": ["write"]}, "rules": set()},
		"a person makes a temporary table": {"who": "person", "environment": "production", "asks": rows["a person makes a temporary table"].asks, "rules": {"SP-CA-104"}},
	}
	allowed(ask(case.who, case.environment, case.asks)) == case.rules with data.change_approval.may_work as ["human", "ci"]
}

test_who_may_administer if {
	allowed(ask("dba", "production", {"effects": ["admin"]})) == {"SP-CA-105"} with data.change_approval.may_administer as ["dba"]
	allowed(ask("person", "production", {"effects": ["admin"]})) == set() with data.change_approval.may_administer as ["dba"]
}
