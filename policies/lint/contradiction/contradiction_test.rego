package custom.regal.rules.sallyport.contradiction_test

import data.custom.regal.rules.sallyport.contradiction as rule
import data.sallyport.lint.testing

flagged := {
	"two values": "deny contains \"x\" if {\n\tinput.command.verb == \"a\"\n\tinput.command.verb == \"b\"\n}",
	"a value and a set": "deny contains \"x\" if {\n\tinput.subject.kind == \"agent\"\n\tinput.subject.kind in {\"human\", \"ci\"}\n}",
	"two sets": "deny contains \"x\" if {\n\tinput.subject.kind in {\"agent\"}\n\tinput.subject.kind in [\"human\", \"ci\"]\n}",
	"a value and not that value": "deny contains \"x\" if {\n\tinput.subject.kind == \"agent\"\n\tinput.subject.kind != \"agent\"\n}",
	"negated": "deny contains \"x\" if {\n\tinput.subject.kind == \"agent\"\n\tnot input.subject.kind == \"agent\"\n}",
	"a set without its members": "deny contains \"x\" if {\n\tinput.subject.kind in {\"agent\", \"ci\"}\n\tnot input.subject.kind in {\"agent\", \"ci\", \"human\"}\n}",
	"booleans": "deny contains \"x\" if {\n\tinput.command.complete == true\n\tinput.command.complete == false\n}",
	"an element": "deny contains \"x\" if {\n\tsome effect in input.command.effects\n\teffect == \"drop\"\n\teffect == \"truncate\"\n}",
	"an element's": "deny contains \"x\" if {\n\tsome target in input.command.targets\n\ttarget.kind == \"table\"\n\ttarget.access == \"read\"\n\ttarget.kind in {\"role\"}\n}",
	"by another name": "deny contains \"x\" if {\n\tkind := input.subject.kind\n\tkind == \"agent\"\n\tinput.subject.kind == \"human\"\n}",
	"by named sets": "people := {\"human\"}\n\nmachines := {\"agent\", \"ci\"}\n\ndeny contains \"x\" if {\n\tinput.subject.kind in people\n\tinput.subject.kind in machines\n}",
	"the other way round": "deny contains \"x\" if {\n\t\"agent\" == input.subject.kind\n\t\"human\" == input.subject.kind\n}",
	"in a helper": "both if {\n\tinput.stage == \"command\"\n\tinput.stage == \"result\"\n}",
}

fine := {
	"different fields": "deny contains \"x\" if {\n\tinput.command.verb == \"a\"\n\tinput.subject.kind == \"agent\"\n}",
	"two elements": "deny contains \"x\" if {\n\tinput.command.effects[_] == \"drop\"\n\tinput.command.effects[_] == \"truncate\"\n}",
	"two members": "deny contains \"x\" if {\n\t\"drop\" in input.command.effects\n\t\"truncate\" in input.command.effects\n}",
	"two variables": "deny contains \"x\" if {\n\tsome a in input.command.effects\n\tsome b in input.command.effects\n\ta == \"drop\"\n\tb == \"truncate\"\n}",
	"what is left": "deny contains \"x\" if {\n\tinput.subject.kind in {\"agent\", \"ci\"}\n\tinput.subject.kind != \"ci\"\n}",
	"only exclusions": "deny contains \"x\" if {\n\tinput.subject.kind != \"agent\"\n\tinput.subject.kind != \"ci\"\n}",
	"in two rules": "deny contains \"x\" if input.subject.kind == \"agent\"\n\ndeny contains \"y\" if input.subject.kind == \"human\"",
	"in a comprehension": "deny contains \"x\" if {\n\tinput.subject.kind == \"agent\"\n\tcount([1 | input.subject.kind == \"human\"]) == 0\n}",
	"not alike": "deny contains \"x\" if {\n\tinput.subject.kind == \"agent\"\n\tinput.subject.kind == data.kind\n}",
	"twice the same": "deny contains \"x\" if {\n\tinput.subject.kind == \"agent\"\n\tinput.subject.kind in {\"agent\", \"ci\"}\n}",
	"a set with a variable": "deny contains \"x\" if {\n\tinput.subject.kind == \"agent\"\n\tinput.subject.kind in {\"ci\", data.kind}\n}",
	"a key that varies": "deny contains \"x\" if {\n\tsome i\n\tinput.command.effects[i] == \"drop\"\n\tinput.session.effects[i] == \"truncate\"\n}",
}

test_flagged if {
	missed := {name | some name, text in flagged; count(rule.report) != 1 with input as testing.policy(text)}
	missed == set()
}

test_fine if {
	wrong := {name | some name, text in fine; count(rule.report) > 0 with input as testing.policy(text)}
	wrong == set()
}
