package custom.regal.rules.sallyport["obligation-options_test"]

import data.custom.regal.rules.sallyport["obligation-options"] as rule
import data.sallyport.lint.testing

flagged := {
	"an unknown way": "mask contains {\"columns\": [\"email\"], \"with\": \"partly\"} if input.subject.kind == \"agent\"",
	"an unknown way by name": "how := \"star\"\n\nmask contains {\"columns\": [\"email\"], \"with\": how} if input.subject.kind == \"agent\"",
	"an unknown detector": "mask contains {\"detect\": [\"card\", \"cards\"], \"with\": \"redact\"} if input.subject.kind == \"agent\"",
	"a misspelt list": "mask contains {\"columns\": [\"email\"], \"lables\": [\"pii\"]} if input.subject.kind == \"agent\"",
	"no names": "mask contains {\"with\": \"redact\"} if input.subject.kind == \"agent\"",
	"an empty list": "mask contains {\"columns\": [], \"with\": \"redact\"} if input.subject.kind == \"agent\"",
	"a text for a list": "mask contains {\"columns\": \"email\", \"with\": \"redact\"} if input.subject.kind == \"agent\"",
	"a mask of text": "mask contains \"email\" if input.subject.kind == \"agent\"",
	"a limit of text": "limit contains \"1000 rows\" if input.subject.kind == \"agent\"",
	"a limit of nothing": "limit contains {\"message\": \"little\"} if input.subject.kind == \"agent\"",
	"an unknown quantity": "limit contains {\"row\": 1000} if input.subject.kind == \"agent\"",
	"an amount in words": "limit contains {\"rows\": \"1000\"} if input.subject.kind == \"agent\"",
	"an unknown acceptance": "allow contains {\"message\": \"x\", \"accept\": \"incompleet\"} if input.subject.kind == \"human\"",
}

fine := {
	"no way: the most private": "mask contains {\"columns\": [\"email\"]} if input.subject.kind == \"agent\"",
	"null itself": "mask contains {\"columns\": [\"email\"], \"with\": null} if input.subject.kind == \"agent\"",
	"detectors": "mask contains {\"detect\": [\"card\", \"secret\"], \"with\": \"redact\"} if input.subject.kind == \"agent\"",
	"detectors from data": "mask contains {\"detect\": [name | some name in data.shop.detectors]} if input.subject.kind == \"agent\"",
	"a set of names": "mask contains {\"columns\": {\"email\"}} if input.subject.kind == \"agent\"",
	"each way": "ways := [\"partial\"]\n\nmask contains {\"columns\": [\"email\"], \"with\": \"hash\"} if input.subject.kind == \"agent\"",
	"null": "mask contains {\"labels\": [\"pii\"], \"with\": \"null\"} if input.subject.kind == \"agent\"",
	"names from data": "mask contains {\"columns\": data.shop.columns, \"with\": data.shop.way} if input.subject.kind == \"agent\"",
	"names by a comprehension": "mask contains {\"columns\": [c | some c in data.shop.columns], \"with\": \"redact\"} if input.subject.kind == \"agent\"",
	"a limit": "limit contains {\"rows\": 1000} if input.subject.kind == \"agent\"",
	"each quantity": "limit contains {\"rows\": 1, \"bytes\": 1, \"seconds\": 1, \"statements_per_minute\": 1, \"session_seconds\": 1} if input.subject.kind == \"agent\"",
	"a limit from data": "limit contains {\"rows\": data.shop.rows, \"message\": \"x\"} if input.subject.kind == \"agent\"",
	"accepted": "allow contains {\"message\": \"x\", \"accept\": \"incomplete\"} if input.subject.kind == \"human\"",
	"a text": "notify contains \"x\" if input.subject.kind == \"agent\"",
	"an entry from elsewhere": "mask contains entry if some entry in data.shop.masks",
}

test_flagged if {
	missed := {name | some name, text in flagged; count(rule.report) != 1 with input as testing.policy(text)}
	missed == set()
}

test_fine if {
	wrong := {name | some name, text in fine; count(rule.report) > 0 with input as testing.policy(text)}
	wrong == set()
}

of_session(text) := testing.named("policies/s.rego", concat("", ["package policy.session.hours\n\n", text, "\n"]))

test_settings_flagged if {
	flagged_settings := {
		"a text": `settings contains "read only" if input.subject.kind == "agent"`,
		"none": `settings contains {"message": "read only"} if input.subject.kind == "agent"`,
		"a number": `settings contains {"statement_timeout": 30} if input.subject.kind == "agent"`,
	}
	missed := {name | some name, text in flagged_settings; count(rule.report) != 1 with input as of_session(text)}
	missed == set()
}

test_settings_fine if {
	fine_settings := {
		"a text each": `settings contains {"statement_timeout": "30s"} if input.subject.kind == "agent"`,
		"from data": `settings contains {"statement_timeout": data.shop.timeout} if input.subject.kind == "agent"`,
	}
	wrong := {name | some name, text in fine_settings; count(rule.report) > 0 with input as of_session(text)}
	wrong == set()
}

# Packs call what they are configured with so.
test_settings_of_a_pack_are_none if {
	rule.report == set() with input as testing.policy(`settings contains "x" if data.shop.on`)
}
