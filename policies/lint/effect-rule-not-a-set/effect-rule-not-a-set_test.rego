package custom.regal.rules.sallyport["effect-rule-not-a-set_test"]

import data.custom.regal.rules.sallyport["effect-rule-not-a-set"] as rule
import data.sallyport.lint.testing

flagged := {
	"below a name": `team.deny if input.subject.kind == "agent"`,
	"in full": `team.deny := true if input.subject.kind == "agent"`,
	"deeper": `team.shop.allow if input.subject.kind == "agent"`,
}

fine := {
	"a set": `team.deny contains "x" if input.subject.kind == "agent"`,
	"a setting": `defaults.limit := 5`,
	"a flag": `defaults.record := true`,
	"a helper": `team.agent if input.subject.kind == "agent"`,
	"a function": `team.allow(x) if x.kind == "agent"`,
}

test_flagged if {
	missed := {name | some name, text in flagged; count(rule.report) != 1 with input as testing.policy(text)}
	missed == set()
}

test_fine if {
	wrong := {name | some name, text in fine; count(rule.report) > 0 with input as testing.policy(text)}
	wrong == set()
}
