package custom.regal.rules.sallyport["unconditional-allow_test"]

import data.custom.regal.rules.sallyport["unconditional-allow"] as rule
import data.sallyport.lint.testing

flagged := {
	"nothing": "allow contains \"everything\"",
	"true": "allow contains \"everything\" if true",
	"an object": "allow contains {\"message\": \"everything\"}",
	"below a name": "team.allow contains \"everything\"",
}

fine := {
	"a condition": "allow contains \"people\" if input.subject.kind == \"human\"",
	"a helper": "allow contains \"people\" if people\n\npeople if input.subject.kind == \"human\"",
	"a deny": "deny contains \"the gateway is closed\"",
	"what is iterated over": "allow contains entry if some entry in data.shop.allowances",
	"a negation": "allow contains \"x\" if not data.shop.closed",
}

test_flagged if {
	missed := {name | some name, text in flagged; count(rule.report) != 1 with input as testing.policy(text)}
	missed == set()
}

test_fine if {
	wrong := {name | some name, text in fine; count(rule.report) > 0 with input as testing.policy(text)}
	wrong == set()
}
