package custom.regal.rules.sallyport["rule-without-id_test"]

import data.custom.regal.rules.sallyport["rule-without-id"] as rule
import data.sallyport.lint.testing

flagged := {
	"a deny": `deny contains "x" if input.subject.kind == "agent"`,
	"an object": `deny contains {"message": "x"} if input.subject.kind == "agent"`,
	"no id": "# METADATA\n# title: T\ndeny contains \"x\" if input.subject.kind == \"agent\"",
	"no title": "# METADATA\n# custom: {id: X-1}\ndeny contains \"x\" if input.subject.kind == \"agent\"",
	"below a name": `team.deny contains "x" if input.subject.kind == "agent"`,
	"a mask": `mask contains {"columns": ["email"], "with": "redact"} if input.subject.kind == "agent"`,
	"an allow with an object": `allow contains {"message": "x"} if input.subject.kind == "agent"`,
	"a rule without a message": `deny contains {"rule": "X-1"} if input.subject.kind == "agent"`,
	"another's METADATA": "# METADATA\n# title: T\n# custom: {id: X-1}\ndeny contains {\"rule\": rego.metadata.rule()} if input.subject.kind == \"agent\"\n\ndeny contains {\"message\": \"x\"} if input.subject.kind == \"ci\"",
}

fine := {
	"title and id": "# METADATA\n# title: T\n# custom: {id: X-1}\ndeny contains {\"rule\": rego.metadata.rule()} if input.subject.kind == \"agent\"",
	"for all of the name": "# METADATA\n# title: T\n# scope: document\n# custom: {id: X-1}\ndeny contains {\"rule\": rego.metadata.rule()} if input.subject.kind == \"agent\"\n\ndeny contains {\"message\": \"x\"} if input.subject.kind == \"ci\"",
	"in the entry": `deny contains {"rule": "X-1", "message": "x"} if input.subject.kind == "agent"`,
	"a plain allow": `allow contains "everybody reads" if input.subject.kind == "agent"`,
	"an entry from elsewhere": `deny contains entry if some entry in data.shop.denials`,
	"another rule": `agents contains "x" if input.subject.kind == "agent"`,
	"a helper": `agent if input.subject.kind == "agent"`,
}

test_flagged if {
	missed := {name | some name, text in flagged; count(rule.report) != 1 with input as testing.policy(text)}
	missed == set()
}

test_fine if {
	wrong := {name | some name, text in fine; count(rule.report) > 0 with input as testing.policy(text)}
	wrong == set()
}

test_outside_policy_nothing_is_asked if {
	text := "package other\n\ndeny contains \"x\" if input.subject.kind == \"agent\"\n"
	rule.report == set() with input as testing.named("policies/p.rego", text)
}

test_tests_are_left_alone if {
	text := "package policy.p_test\n\ndeny contains \"x\" if input.subject.kind == \"agent\"\n"
	rule.report == set() with input as testing.named("policies/p_test.rego", text)
}
