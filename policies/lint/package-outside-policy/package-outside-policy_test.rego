package custom.regal.rules.sallyport["package-outside-policy_test"]

import data.custom.regal.rules.sallyport["package-outside-policy"] as rule
import data.sallyport.lint.testing

module(name, text) := concat("", ["package ", name, "\n\n", text, "\n"])

deny := `deny contains "x" if input.subject.kind == "agent"`

flagged := {
	"another root": module("production", deny),
	"a root that begins alike": module("policies.production", deny),
	"below a name": module("production", `team.deny contains "x" if input.subject.kind == "agent"`),
	"an allow": module("shop", `allow contains "x" if input.subject.kind == "agent"`),
}

fine := {
	"below policy": module("policy.production", deny),
	"policy itself": module("policy", deny),
	"a library": module("shop.helpers", `agent if input.subject.kind == "agent"`),
	"a set of another name": module("shop.helpers", `writers contains "x" if input.subject.kind == "agent"`),
	"a value of that name": module("shop.settings", `limit := 5`),
	"a function of that name": module("shop.helpers", `allow(who) if who.kind == "human"`),
	"a rule for linters": module("custom.regal.rules.shop.naming", `deny contains "x" if input.rules`),
}

test_flagged if {
	missed := {name | some name, text in flagged; count(rule.report) != 1 with input as testing.named("p.rego", text)}
	missed == set()
}

test_fine if {
	wrong := {name | some name, text in fine; count(rule.report) > 0 with input as testing.named("p.rego", text)}
	wrong == set()
}

test_tests_are_left_alone if {
	rule.report == set() with input as testing.named("p_test.rego", module("production_test", deny))
}
