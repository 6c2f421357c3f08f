package custom.regal.rules.sallyport["system-clock_test"]

import data.custom.regal.rules.sallyport["system-clock"] as rule
import data.sallyport.lint.testing

flagged := {
	"compared": "deny contains \"x\" if time.now_ns() > 1700000000000000000",
	"by a variable": "deny contains \"x\" if {\n\tnow := time.now_ns()\n\t[hour, _, _] := time.clock(now)\n\thour < 8\n}",
	"in a rule": "now := time.now_ns()",
}

fine := {
	"the input's": "deny contains \"x\" if {\n\t[hour, _, _] := time.clock(time.parse_rfc3339_ns(input.now))\n\thour < 8\n}",
	"a duration": "deny contains \"x\" if time.parse_duration_ns(\"15m\") > 1",
}

test_flagged if {
	missed := {name | some name, text in flagged; count(rule.report) != 1 with input as testing.policy(text)}
	missed == set()
}

test_fine if {
	wrong := {name | some name, text in fine; count(rule.report) > 0 with input as testing.policy(text)}
	wrong == set()
}

test_tests_are_left_alone if {
	text := "package policy.p_test\n\nnow := time.now_ns()\n"
	rule.report == set() with input as testing.named("policies/p_test.rego", text)
}
