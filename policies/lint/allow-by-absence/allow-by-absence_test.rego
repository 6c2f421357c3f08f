package custom.regal.rules.sallyport["allow-by-absence_test"]

import data.custom.regal.rules.sallyport["allow-by-absence"] as rule
import data.sallyport.lint.testing

flagged := {
	"count is 0": `allow contains "x" if count(input.command.functions) == 0`,
	"0 is count": `allow contains "x" if 0 == count(input.command.functions)`,
	"count below 1": `allow contains "x" if count(input.command.functions) < 1`,
	"not count above 0": `allow contains "x" if not count(input.command.functions) > 0`,
	"an empty list": `allow contains "x" if input.command.functions == []`,
	"count of a choice": `allow contains "x" if count([f | some f in input.command.functions; f.category == "file"]) == 0`,
	"by a variable": "allow contains \"x\" if {\n\ttargets := input.command.targets\n\tcount(targets) == 0\n}",
	"not in": `allow contains "x" if not "drop" in input.command.effects`,
	"not any": `allow contains "x" if not input.command.functions[_].category == "file"`,
	"a dialect's list": `allow contains "x" if count(input.command.attributes.settings) == 0`,
	"every": `allow contains "x" if every t in input.command.targets { t.path == ["orders"] }`,
	"every, in an object": `allow contains {"message": "x"} if every t in input.command.targets { t.path == ["orders"] }`,
	"every effect of an incomplete one": `allow contains {"message": "x", "accept": "incomplete"} if every e in input.command.effects { e == "read" }`,
	"complete in another rule": "allow contains \"x\" if count(input.command.functions) == 0\n\nallow contains \"y\" if input.command.complete",
}

fine := {
	"with complete": "allow contains \"x\" if {\n\tinput.command.complete\n\tcount(input.command.functions) == 0\n}",
	"with complete by a variable": "allow contains \"x\" if {\n\tcommand := input.command\n\tcommand.complete == true\n\tcount(command.functions) == 0\n}",
	"with a rule that asks": "whole if input.command.complete\n\nallow contains \"x\" if {\n\twhole\n\tcount(input.command.functions) == 0\n}",
	"a deny": `deny contains "x" if count(input.command.targets) == 0`,
	"every effect": `allow contains "x" if every e in input.command.effects { e == "read" }`,
	"every, of some": "allow contains \"x\" if {\n\tcount(input.command.targets) > 0\n\tevery t in input.command.targets { t.path == [\"orders\"] }\n}",
	"some": `allow contains "x" if count(input.command.targets) > 0`,
	"another list": `allow contains "x" if not "contractors" in input.subject.groups`,
	"no groups": `allow contains "x" if count(input.subject.groups) == 0`,
	"in": `allow contains "x" if "read" in input.command.effects`,
	"not a flag": `allow contains "x" if not input.command.attributes.cascade`,
	"another effect by name": `review contains {"message": "x"} if count(input.command.functions) == 0`,
}

test_flagged if {
	missed := {name | some name, text in flagged; count(rule.report) != 1 with input as testing.policy(text)}
	missed == set()
}

test_fine if {
	wrong := {name | some name, text in fine; count(rule.report) > 0 with input as testing.policy(text)}
	wrong == set()
}
