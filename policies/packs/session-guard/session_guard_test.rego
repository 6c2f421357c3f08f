package policy.session.guard_test

import data.policy.session.guard as pack

subjects := {
	"agent": {"id": "bot", "kind": "agent", "groups": [], "claims": {}},
	"person": {"id": "ada", "kind": "human", "groups": [], "claims": {}},
	"oncall": {"id": "kim", "kind": "human", "groups": ["break-glass"], "claims": {}},
}

opening(who, environment, changes) := object.union(
	{
		"schema": 1,
		"stage": "session",
		"now": "2026-01-06T10:00:00Z",
		"subject": subjects[who],
		"resource": {"name": "shop", "protocol": "postgres", "environment": environment, "labels": {}},
		"client": {"address": "10.1.2.3", "tls": true},
		"session": {"id": "s", "transaction": "idle", "settings": {}, "effects": [], "counters": {"commands": 0, "denied": 0}},
	},
	changes,
)

denied(given) := ids if {
	ids := {entry.rule.custom.id | some entry in pack.deny} with input as given
}

test_without_settings_every_session_opens if {
	denied(opening("person", "production", {})) == set()
	count(pack.allow) == 1 with input as opening("agent", "staging", {})
	count(pack.settings) == 0 with input as opening("agent", "production", {})
}

# Hours

tuesday := [{"days": ["mon", "tue"], "from": "09:00", "to": "16:00"}]

hours := {
	"in a window": {"who": "person", "now": "2026-01-06T10:00:00Z", "rules": set()},
	"before it": {"who": "person", "now": "2026-01-06T08:59:59Z", "rules": {"SP-SG-002"}},
	"after it": {"who": "agent", "now": "2026-01-06T16:00:00Z", "rules": {"SP-SG-002"}},
	"on another day": {"who": "agent", "now": "2026-01-07T10:00:00Z", "rules": {"SP-SG-002"}},
	"in staging": {"who": "agent", "now": "2026-01-07T10:00:00Z", "environment": "staging", "rules": set()},
	"by the break-glass group": {"who": "oncall", "now": "2026-01-07T10:00:00Z", "rules": set()},
}

test_hours[name] if {
	some name, row in hours
	given := opening(row.who, object.get(row, "environment", "production"), {"now": row.now})
	denied(given) == row.rules with data.session_guard.windows as tuesday
}

test_it_says_what_time_it_is if {
	every entry in pack.deny {
		entry.message == "it is wed 10:00 (UTC), and no window is open"
		entry.rule.custom.remediation != ""
	} with input as opening("agent", "production", {"now": "2026-01-07T10:00:00Z"}) with data.session_guard.windows as tuesday
}

test_another_zone if {
	early := opening("person", "production", {"now": "2026-01-06T08:30:00Z"})
	denied(early) == set() with data.session_guard as {"windows": tuesday, "zone": "Europe/Berlin"}
	denied(early) == {"SP-SG-000", "SP-SG-002"} with data.session_guard as {"windows": tuesday, "zone": "Nowhere/Land"}
}

# Networks

test_networks if {
	known := {"networks": ["10.1.0.0/16", "2001:db8::/32"]}
	denied(opening("agent", "production", {})) == set() with data.session_guard as known
	elsewhere := {"client": {"address": "10.2.0.1", "tls": true}}
	denied(opening("agent", "production", elsewhere)) == {"SP-SG-003"} with data.session_guard as known
	denied(opening("oncall", "production", elsewhere)) == set() with data.session_guard as known
	denied(opening("agent", "staging", elsewhere)) == set() with data.session_guard as known
	denied(opening("agent", "production", {"client": {"address": "2001:db8::7", "tls": true}})) == set() with data.session_guard as known
	denied(opening("agent", "production", {})) == {"SP-SG-003"} with data.session_guard as {"networks": []}
}

# The second factor

factors := {
	"an hour ago, in seconds": {"who": "person", "claims": {"auth_time": 1767690000}, "rules": set()},
	"an hour ago, as a text": {"who": "person", "claims": {"auth_time": "2026-01-06T09:00:00Z"}, "rules": set()},
	"yesterday": {"who": "person", "claims": {"auth_time": "2026-01-05T09:00:00Z"}, "rules": {"SP-SG-004"}},
	"never": {"who": "person", "claims": {}, "rules": {"SP-SG-004"}},
	"tomorrow": {"who": "person", "claims": {"auth_time": "2026-01-07T09:00:00Z"}, "rules": {"SP-SG-004"}},
	"no moment": {"who": "person", "claims": {"auth_time": true}, "rules": {"SP-SG-004"}},
	"never, on call": {"who": "oncall", "claims": {}, "rules": {"SP-SG-004"}},
	"never, an agent": {"who": "agent", "claims": {}, "rules": set()},
	"never, in staging": {"who": "person", "claims": {}, "environment": "staging", "rules": set()},
}

test_second_factor[name] if {
	some name, row in factors
	environment := object.get(row, "environment", "production")
	given := opening(row.who, environment, {"subject": {"claims": row.claims}})
	denied(given) == row.rules with data.session_guard.factor_hours as 8
}

test_another_claim if {
	given := opening("person", "production", {"subject": {"claims": {"mfa_at": "2026-01-06T09:00:00Z"}}})
	denied(given) == set() with data.session_guard as {"factor_hours": 8, "factor_claim": "mfa_at"}
}

# What sessions are given

test_settings_by_kind if {
	given := {"given": {"agent": {"default_transaction_read_only": "on"}, "ci": {}}}
	some entry in pack.settings with input as opening("agent", "production", {}) with data.session_guard as given
	entry.default_transaction_read_only == "on"
	entry.rule.custom.id == "SP-SG-005"
	count(pack.settings) == 0 with input as opening("person", "production", {}) with data.session_guard as given
	count(pack.settings) == 0 with input as opening("agent", "staging", {}) with data.session_guard as given
}

# Settings of the pack

test_others_are_exempt_and_guarded if {
	given := {"windows": [], "exempt": ["dba"], "environments": ["live"]}
	denied(opening("oncall", "live", {})) == {"SP-SG-002"} with data.session_guard as given
	denied(opening("oncall", "production", {})) == set() with data.session_guard as given
}

test_what_is_wrong_with_settings_denies[name] if {
	some name, given in {
		"a misspelt one": {"window": []},
		"an object": {"windows": {}},
		"a day that is none": {"windows": [{"days": ["monday"], "from": "09:00", "to": "10:00"}]},
		"an hour that is none": {"windows": [{"days": ["mon"], "from": "9:00", "to": "10:00"}]},
		"a network that is none": {"networks": ["10.0.0.300/8"]},
		"hours in words": {"factor_hours": "8"},
		"settings that are no texts": {"given": {"agent": {"statement_timeout": 30}}},
		"settings that are none": {"given": {"agent": "read only"}},
	}
	denied(opening("agent", "staging", {})) == {"SP-SG-000"} with data.session_guard as given
}
