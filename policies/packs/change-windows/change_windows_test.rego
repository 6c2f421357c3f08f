package policy.change_windows_test

import data.policy.change_windows as pack

subjects := {
	"agent": {"id": "bot", "kind": "agent", "groups": [], "claims": {}},
	"person": {"id": "ada", "kind": "human", "groups": [], "claims": {}},
	"dba": {"id": "eve", "kind": "human", "groups": ["dba"], "claims": {}},
	"job": {"id": "nightly", "kind": "ci", "groups": [], "claims": {}},
	"oncall": {"id": "kim", "kind": "human", "groups": ["break-glass"], "claims": {}},
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

denied(given) := ids if {
	ids := {entry.rule.custom.id | some entry in pack.deny} with input as given
}

at(moment, given) := object.union(given, {"now": moment})

tuesday := "2026-01-06T10:00:00Z"

early := "2026-01-06T08:59:59Z"

late := "2026-01-06T16:00:00Z"

friday := "2026-01-09T10:00:00Z"

alters := {"effects": ["alter"]}

# Who asks for what and when, and which rules say no.
rows := {
	"in the window": {"who": "person", "now": tuesday, "asks": alters, "rules": set()},
	"before it": {"who": "person", "now": early, "asks": alters, "rules": {"SP-CW-001"}},
	"after it": {"who": "dba", "now": late, "asks": alters, "rules": {"SP-CW-001"}},
	"on another day": {"who": "job", "now": friday, "asks": alters, "rules": {"SP-CW-001"}},
	"in staging": {"who": "person", "environment": "staging", "now": friday, "asks": alters, "rules": set()},
	"by the break-glass group": {"who": "oncall", "now": friday, "asks": alters, "rules": set()},
	"reading": {"who": "person", "now": friday, "asks": {}, "rules": set()},
	"writing": {"who": "person", "now": friday, "asks": {"effects": ["write"]}, "rules": set()},
	"loading": {"who": "person", "now": friday, "asks": {"effects": ["write", "bulk_load"]}, "rules": {"SP-CW-001"}},
	"a temporary table": {
		"who": "person",
		"now": friday,
		"asks": {"effects": ["create"], "attributes": {"statement": "create_table", "temporary": true}},
		"rules": set(),
	},
}

test_deny[name] if {
	some name, row in rows
	denied(at(row.now, ask(row.who, object.get(row, "environment", "production"), row.asks))) == row.rules
}

test_it_says_what_to_do_next if {
	every entry in pack.deny {
		entry.message == "it is fri 10:00 (UTC), and no window is open"
		entry.rule.custom.remediation != ""
	} with input as at(friday, ask("person", "production", alters))
}

# Settings

test_another_zone if {
	denied(at(early, ask("person", "production", alters))) == set() with data.change_windows.zone as "Europe/Berlin"
	denied(at("2026-01-06T15:30:00Z", ask("person", "production", alters))) == {"SP-CW-001"} with data.change_windows.zone as "Europe/Berlin"
	denied(at(tuesday, ask("person", "production", alters))) == {"SP-CW-000", "SP-CW-001"} with data.change_windows.zone as "Nowhere/Land"
}

test_other_windows if {
	denied(at(friday, ask("person", "production", alters))) == set() with data.change_windows.windows as [
		{"days": ["mon"], "from": "00:00", "to": "24:00"},
		{"days": ["fri"], "from": "09:30", "to": "10:30"},
	]
	denied(at(tuesday, ask("person", "production", alters))) == {"SP-CW-001"} with data.change_windows.windows as []
}

test_freezes if {
	given := [{"from": "2026-01-01T00:00:00Z", "to": "2026-01-08T00:00:00+01:00"}]
	denied(at(tuesday, ask("person", "production", alters))) == {"SP-CW-002"} with data.change_windows.freezes as given
	denied(at("2026-01-08T10:00:00Z", ask("person", "production", alters))) == set() with data.change_windows.freezes as given
	denied(at(tuesday, ask("person", "production", {}))) == set() with data.change_windows.freezes as given
}

test_production_has_other_names if {
	denied(at(friday, ask("person", "live", alters))) == {"SP-CW-001"} with data.change_windows.production as ["live"]
}

test_others_are_exempt if {
	denied(at(friday, ask("dba", "production", alters))) == set() with data.change_windows.exempt as ["dba"]
	denied(at(friday, ask("oncall", "production", alters))) == {"SP-CW-001"} with data.change_windows.exempt as []
}

test_what_is_wrong_with_settings_denies[name] if {
	some name, given in {
		"a misspelt one": {"window": []},
		"an object": {"windows": {}},
		"a day that is none": {"windows": [{"days": ["monday"], "from": "09:00", "to": "10:00"}]},
		"an hour that is none": {"windows": [{"days": ["mon"], "from": "9:00", "to": "10:00"}]},
		"a window without its end": {"windows": [{"days": ["mon"], "from": "09:00"}]},
		"a freeze without its end": {"freezes": [{"from": "2026-01-01T00:00:00Z"}]},
		"a freeze that ends before it begins": {"freezes": [{"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}]},
	}
	denied(at(tuesday, ask("person", "staging", {}))) == {"SP-CW-000"} with data.change_windows as given
}
