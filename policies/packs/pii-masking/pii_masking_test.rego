package policy.pii_masking_test

import data.policy.pii_masking as pack

subjects := {
	"agent": {"id": "bot", "kind": "agent", "groups": [], "claims": {}},
	"person": {"id": "ada", "kind": "human", "groups": [], "claims": {}},
	"dba": {"id": "eve", "kind": "human", "groups": ["dba"], "claims": {}},
	"job": {"id": "nightly", "kind": "ci", "groups": [], "claims": {}},
	"privileged": {"id": "pat", "kind": "human", "groups": ["pii"], "claims": {}},
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

declared := {
	"columns": {"public.customers": {"email": "partial", "card_number": "redact"}},
	"labels": {"pii": "hash"},
	"detect": {"iban": null},
	"review": {"health": ["dpo"]},
}

every_mask := {
	["public.customers.email", "partial"],
	["public.customers.card_number", "redact"],
	["pii", "hash"],
	["iban", null],
}

table(path) := {"kind": "table", "path": path, "access": "read", "resolution": "search_path"}

column(path) := {"kind": "column", "path": path, "access": "read", "resolution": "search_path"}

# Columns of commands, as the text names them and as a catalogue resolves them.
email := {"path": ["customers", "email"], "labels": []}

anywhere := {"path": ["email"], "labels": []}

everything := {"path": ["customers", "*"], "labels": []}

born := {"path": ["public", "customers", "born"], "labels": ["pii"]}

name := {"path": ["public", "customers", "name"], "labels": []}

searches(by) := {
	"targets": [table(["customers"])],
	"attributes": {"statement": "select", "columns": {"read": [by], "projected": [name], "predicates": [by]}},
}

code(effects, read) := {"effects": effects, "targets": [table(["customers"])], "attributes": {
	"statement": "create_rule",
	"columns": {"read": [read], "projected": [], "predicates": []},
}}

body(effects, path) := {"effects": ["create", "procedural"], "attributes": {"statement": "create_function", "body": {
	"effects": effects,
	"complete": true,
	"reasons": [],
	"targets": [{"kind": "table", "path": ["customers"], "access": "read"}, {"kind": "column", "path": path, "access": "read"}],
	"functions": [],
}}}

denied(given) := ids if {
	ids := {entry.rule.custom.id | some entry in pack.deny} with input as given with data.pii_masking as declared
}

masks contains [name, entry["with"]] if {
	some entry in pack.mask
	some key in ["columns", "labels", "detect"]
	some name in entry[key]
}

test_masks_stand_whatever_the_command_is[title] if {
	some title, asks in {
		"a query": searches(name),
		"a setting": {"effects": ["session"], "attributes": {"statement": "set"}},
		"a change": {"effects": ["write"], "targets": [table(["orders"])]},
	}
	masks == every_mask with input as ask("person", "production", asks) with data.pii_masking as declared
}

test_the_privileged_see_everything if {
	masks == set() with input as ask("privileged", "production", searches(email)) with data.pii_masking as declared
	denied(ask("privileged", "production", searches(email))) == set()
}

# Which rules say no.
rows := {
	"an agent searches by a declared column": {"who": "agent", "asks": searches(email), "rules": {"SP-PM-004"}},
	"an agent searches by what might be one": {"who": "agent", "asks": searches(anywhere), "rules": {"SP-PM-004"}},
	"an agent orders by whole rows": {"who": "agent", "asks": searches(everything), "rules": {"SP-PM-004"}},
	"an agent searches by a labelled column": {"who": "agent", "asks": searches(born), "rules": {"SP-PM-004"}},
	"an agent searches by another": {"who": "agent", "asks": searches(name), "rules": set()},
	"an agent searches another table": {
		"who": "agent",
		"asks": object.union(searches(anywhere), {"targets": [table(["suppliers"])]}),
		"rules": set(),
	},
	"an agent searches a table of that name elsewhere": {
		"who": "agent",
		"asks": searches({"path": ["crm", "customers", "email"], "labels": []}),
		"rules": set(),
	},
	"a person searches by a declared column": {"who": "person", "asks": searches(email), "rules": set()},
	"a rule of the target's copies a declared column": {
		"who": "person",
		"asks": code(["create", "procedural", "write"], email),
		"rules": {"SP-PM-005"},
	},
	"a rule of the target's copies a labelled column": {
		"who": "person",
		"asks": code(["create", "procedural", "write"], born),
		"rules": {"SP-PM-005"},
	},
	"a rule of the target's copies another": {
		"who": "person",
		"asks": code(["create", "procedural", "write"], name),
		"rules": set(),
	},
	"a query copies a declared column, which the gateway refuses": {
		"who": "person",
		"asks": code(["read", "write"], email),
		"rules": set(),
	},
	"a function reads a declared column": {"who": "person", "asks": body(["read"], ["customers", "email"]), "rules": set()},
	"a function copies a declared column": {
		"who": "person",
		"asks": body(["read", "write"], ["customers", "email"]),
		"rules": {"SP-PM-005"},
	},
	"a function copies another": {"who": "person", "asks": body(["read", "write"], ["customers", "name"]), "rules": set()},
	"a person reads statistics": {
		"who": "person",
		"asks": {"targets": [table(["pg_catalog", "pg_stats"])]},
		"rules": {"SP-PM-006"},
	},
	"a person reads another catalog": {
		"who": "person",
		"asks": {"targets": [table(["pg_catalog", "pg_class"])]},
		"rules": set(),
	},
}

test_deny[title] if {
	some title, row in rows
	denied(ask(row.who, "production", row.asks)) == row.rules
}

test_every_rule_says_what_to_do_next[title] if {
	some title, row in rows
	every entry in pack.deny {
		entry.message != ""
		entry.rule.custom.severity in {"medium", "high", "critical"}
		entry.rule.custom.remediation != ""
	} with input as ask(row.who, "production", row.asks) with data.pii_masking as declared
}

# Labels that are shown once somebody agrees

shows(columns) := object.union(ask("person", "production", searches(name)), {"result": {"columns": columns}})

result_column(labels, provenance) := {"name": "c", "type": "text", "labels": labels, "provenance": provenance}

reviews(given) := found if {
	found := {[entry.approvers, entry.ttl] | some entry in pack.review} with input as given with data.pii_masking as declared
}

test_review[title] if {
	some title, case in {
		"a column of that label": {"given": shows([result_column(["health"], "derived")]), "asks": {[["dpo"], "1h"]}},
		"what nobody can follow": {"given": shows([result_column([], "unknown")]), "asks": {[["dpo"], "1h"]}},
		"other columns": {"given": shows([result_column(["pii"], "direct"), result_column([], "clean")]), "asks": set()},
		"of the privileged": {
			"given": object.union(shows([result_column(["health"], "direct")]), {"subject": subjects.privileged}),
			"asks": set(),
		},
	}
	reviews(case.given) == case.asks
}

test_review_takes_as_long_as_the_settings_say if {
	some entry in pack.review with input as shows([result_column(["health"], "direct")])
		with data.pii_masking as object.union(declared, {"ttl": "5m"})
	entry.ttl == "5m"
}

# Settings

test_without_settings_nothing_is_masked_or_denied[title] if {
	some title, row in rows
	count(pack.mask) == 0 with input as ask(row.who, "production", row.asks) with data.pii_masking as {}
	count(pack.deny) == 0 with input as ask(row.who, "production", row.asks) with data.pii_masking as {}
	count(pack.review) == 0 with input as ask(row.who, "production", row.asks) with data.pii_masking as {}
}

faults(given) := messages if {
	messages := {entry.message | some entry in pack.deny} with input as ask("privileged", "staging", {}) with data.pii_masking as given
}

test_what_is_wrong_with_settings_denies[title] if {
	some title, case in {
		"a misspelt one": {"given": {"column": {}}, "says": "no setting"},
		"a list of columns": {"given": {"columns": ["public.customers.email"]}, "says": "must be an object"},
		"a column without its way": {"given": {"columns": {"public.customers": "partial"}}, "says": "must map columns"},
		"an unknown way of a column": {"given": {"columns": {"public.customers": {"email": "star"}}}, "says": "star is no way"},
		"an unknown way of a label": {"given": {"labels": {"pii": "star"}}, "says": "star is no way"},
		"an unknown way of a detector": {"given": {"detect": {"iban": "star"}}, "says": "star is no way"},
		"an unknown detector": {"given": {"detect": {"ibans": "null"}}, "says": "there is no detector"},
		"approvers that are no list": {"given": {"review": {"health": "dpo"}}, "says": "must be a list of approvers"},
	}
	some message in faults(case.given)
	contains(message, case.says)
}

test_nothing_is_wrong_with_settings if {
	faults(object.union(declared, {"privileged": ["support"], "no_predicates": ["human"], "resources": ["shop"], "ttl": "5m"})) == set()
}

test_others_are_privileged if {
	count(pack.mask) == 0 with input as ask("dba", "production", searches(email))
		with data.pii_masking as object.union(declared, {"privileged": ["dba"]})
}

test_people_do_not_search_either if {
	some entry in pack.deny with input as ask("person", "production", searches(email))
		with data.pii_masking as object.union(declared, {"no_predicates": ["human"]})
	entry.rule.custom.id == "SP-PM-004"
}

test_only_some_resources[title] if {
	some title, case in {
		"this one": {"resources": ["shop", "crm"], "masks": every_mask},
		"others": {"resources": ["crm"], "masks": set()},
	}
	masks == case.masks with input as ask("person", "production", searches(name))
		with data.pii_masking as object.union(declared, {"resources": case.resources})
}
