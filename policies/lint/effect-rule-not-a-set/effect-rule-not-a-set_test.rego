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
	missed := {name: n |
		some name, text in flagged
		n := count(rule.report) with input as testing.policy(text)
		n != 1
	}
	print(missed)
	missed == {}
}

test_fine if {
	wrong := {name: found |
		some name, text in fine
		found := rule.report with input as testing.policy(text)
		count(found) > 0
	}
	print(wrong)
	wrong == {}
}
