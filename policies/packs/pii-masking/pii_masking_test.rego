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
	"detect": {"iban": "null"},
}

table(path) := {"kind": "table", "path": path, "access": "read", "resolution": "search_path"}

column(path) := {"kind": "column", "path": path, "access": "read", "resolution": "search_path"}

of_customers(name) := {"path": ["customers", name], "labels": []}

# A command that reads columns of customers: those that are shown, those that choose rows, and those that are assigned.
uses(shown, chosen, assigned) := {
	"effects": ["read"],
	"targets": array.concat([table(["customers"])], [column(["customers", name]) |
		some names in [shown, chosen, assigned]
		some name in names
	]),
	"attributes": {"statement": "select", "columns": {
		"read": [of_customers(name) | some names in [shown, chosen, assigned]; some name in names],
		"projected": [of_customers(name) | some name in shown],
		"predicates": [of_customers(name) | some name in chosen],
		"elsewhere": [of_customers(name) | some name in assigned],
	}},
}

with_effects(effects, command) := object.union(command, {"effects": effects})

denied(given) := ids if {
	ids := {entry.rule.custom.id | some entry in pack.deny} with input as given with data.pii_masking as declared
}

masks(given) := found if {
	found := {[name, entry["with"]] |
		some entry in pack.mask
		some key in ["columns", "labels", "detect"]
		some name in entry[key]
	} with input as given with data.pii_masking as declared
}

always := {["pii", "hash"], ["iban", "null"]}

# A column whose table the text does not tell.
anywhere := {"path": ["email"], "labels": []}

email := ["public.customers.email", "partial"]

card := ["public.customers.card_number", "redact"]

# Who asks for what, what is masked, and which rules say no.
rows := {
	"a person reads a name": {"who": "person", "asks": uses(["name"], [], []), "masks": always, "rules": set()},
	"a person reads an address": {"who": "person", "asks": uses(["email"], [], []), "masks": (always | {email}), "rules": set()},
	"a person reads everything": {"who": "person", "asks": uses(["*"], [], []), "masks": (always | {email, card}), "rules": set()},
	"a person reads a column that might be the address": {
		"who": "person",
		"asks": {"targets": [table(["customers"]), column(["email"])], "attributes": {"columns": {"read": [anywhere], "projected": [anywhere], "predicates": []}}},
		"masks": (always | {email}),
		"rules": set(),
	},
	"a person reads an address nobody knows where": {
		"who": "person",
		"asks": {"targets": [table(["public", "customers"]), column(["public", "customers", "email"])]},
		"masks": (always | {email}),
		"rules": set(),
	},
	"a person searches by an address": {"who": "person", "asks": uses(["name"], ["email"], []), "masks": always, "rules": set()},
	"a person searches by an address and reads it": {"who": "person", "asks": uses(["email"], ["email"], []), "masks": (always | {email}), "rules": set()},
	"a person reads another table": {"who": "person", "asks": {"targets": [table(["orders"]), column(["orders", "email"])]}, "masks": always, "rules": set()},
	"a person reads a table of that name elsewhere": {
		"who": "person",
		"asks": {"targets": [table(["crm", "customers"]), column(["crm", "customers", "email"])]},
		"masks": always,
		"rules": set(),
	},
	"a person reads a catalog": {
		"who": "person",
		"asks": {"targets": [table(["pg_catalog", "pg_class"])]},
		"masks": set(),
		"rules": set(),
	},
	"a person looks at a plan": {
		"who": "person",
		"asks": object.union(uses(["email"], [], []), {"attributes": {"explain": {"analyze": false, "statement": "select"}}}),
		"masks": always,
		"rules": set(),
	},
	"the privileged read everything": {"who": "privileged", "asks": uses(["*"], ["email"], []), "masks": set(), "rules": set()},
	"an agent searches by an address": {"who": "agent", "asks": uses(["name"], ["email"], []), "masks": always, "rules": {"SP-PM-004"}},
	"an agent searches by a name": {"who": "agent", "asks": uses(["name"], ["name"], []), "masks": always, "rules": set()},
	"a person copies addresses out": {
		"who": "person",
		"asks": with_effects(["read", "bulk_export"], uses(["*"], [], [])),
		"masks": (always | {email, card}),
		"rules": {"SP-PM-005"},
	},
	"a person assigns an address elsewhere": {
		"who": "person",
		"asks": with_effects(["write"], uses([], ["id"], ["email"])),
		"masks": {email},
		"rules": {"SP-PM-005"},
	},
	"a person changes the rows of an address": {
		"who": "person",
		"asks": with_effects(["write"], uses([], ["email"], [])),
		"masks": set(),
		"rules": set(),
	},
	"a person makes a view of addresses": {
		"who": "person",
		"asks": with_effects(["read", "create"], uses(["email"], [], [])),
		"masks": (always | {email}),
		"rules": {"SP-PM-005"},
	},
	"a person makes a function that reads addresses": {
		"who": "person",
		"asks": {"effects": ["create", "procedural"], "attributes": {"statement": "create_function", "body": {
			"effects": ["read"],
			"complete": true,
			"reasons": [],
			"targets": [
				{"kind": "table", "path": ["customers"], "access": "read"},
				{"kind": "column", "path": ["customers", "email"], "access": "read"},
			],
			"functions": [],
		}}},
		"masks": {email},
		"rules": {"SP-PM-005"},
	},
	"a person makes an index on addresses": {
		"who": "person",
		"asks": with_effects(["create"], uses([], [], ["email"])),
		"masks": {email},
		"rules": set(),
	},
	"a person generates a column of addresses": {
		"who": "person",
		"asks": object.union(with_effects(["alter"], uses([], [], ["email"])), {"attributes": {"actions": ["add_column"]}}),
		"masks": {email},
		"rules": {"SP-PM-005"},
	},
	"a person reads statistics": {
		"who": "person",
		"asks": {"targets": [table(["pg_catalog", "pg_stats"])]},
		"masks": set(),
		"rules": {"SP-PM-006"},
	},
}

test_mask[name] if {
	some name, row in rows
	masks(ask(row.who, "production", row.asks)) == row.masks
}

test_deny[name] if {
	some name, row in rows
	denied(ask(row.who, "production", row.asks)) == row.rules
}

test_every_rule_says_what_to_do_next[name] if {
	some name, row in rows
	every entry in pack.deny {
		entry.message != ""
		entry.rule.custom.severity in {"medium", "high", "critical"}
		entry.rule.custom.remediation != ""
	} with input as ask(row.who, "production", row.asks) with data.pii_masking as declared
}

# Settings

test_without_settings_nothing_is_masked_or_denied[name] if {
	some name, row in rows
	count(pack.mask) == 0 with input as ask(row.who, "production", row.asks)
	count(pack.deny) == 0 with input as ask(row.who, "production", row.asks)
}

faults(given) := messages if {
	messages := {entry.message |
		some entry in pack.deny
		entry.rule.custom.id == "SP-PM-000"
	} with input as ask("privileged", "staging", {}) with data.pii_masking as given
}

test_what_is_wrong_with_settings_denies[name] if {
	some name, case in {
		"a misspelt one": {"given": {"column": {}}, "says": "no setting"},
		"a list of columns": {"given": {"columns": ["public.customers.email"]}, "says": "must be an object"},
		"a column without its way": {"given": {"columns": {"public.customers": "partial"}}, "says": "must map columns"},
		"an unknown way of a column": {"given": {"columns": {"public.customers": {"email": "star"}}}, "says": "star is no way"},
		"an unknown way of a label": {"given": {"labels": {"pii": "star"}}, "says": "star is no way"},
		"an unknown way of a detector": {"given": {"detect": {"iban": "star"}}, "says": "star is no way"},
	}
	some message in faults(case.given)
	contains(message, case.says)
}

test_nothing_is_wrong_with_settings if {
	faults(object.union(declared, {"privileged": ["support"], "no_predicates": ["human"]})) == set()
}

test_others_are_privileged if {
	count(pack.mask) == 0 with input as ask("dba", "production", uses(["email"], [], []))
		with data.pii_masking as object.union(declared, {"privileged": ["dba"]})
}

test_people_do_not_search_either if {
	some entry in pack.deny with input as ask("person", "production", uses(["name"], ["email"], []))
		with data.pii_masking as object.union(declared, {"no_predicates": ["human"]})
	entry.rule.custom.id == "SP-PM-004"
}
