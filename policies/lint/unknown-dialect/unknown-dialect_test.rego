package custom.regal.rules.sallyport["unknown-dialect_test"]

import data.custom.regal.rules.sallyport["unknown-dialect"] as rule
import data.sallyport.lint.testing

attributes := {"postgres": ["copy", "where"], "shell": ["argv"]}

flagged := {
	"misspelt": `deny contains "x" if input.command.dialect == "postgresql"`,
	"one of a set": `deny contains "x" if input.command.dialect in {"postgres", "mysqll"}`,
	"another's attribute": "deny contains \"x\" if {\n\tinput.command.dialect == \"postgres\"\n\tinput.command.attributes.argv[0] == \"rm\"\n}",
	"another's attribute by a variable": "deny contains \"x\" if {\n\tcommand := input.command\n\tcommand.dialect == \"shell\"\n\tcommand.attributes.where.present\n}",
}

fine := {
	"known": `deny contains "x" if input.command.dialect == "postgres"`,
	"its own attribute": "deny contains \"x\" if {\n\tinput.command.dialect == \"postgres\"\n\tinput.command.attributes.copy.direction == \"to\"\n}",
	"not another's attribute": "deny contains \"x\" if {\n\tinput.command.dialect == \"postgres\"\n\tnot input.command.attributes.argv\n}",
	"any but one": "deny contains \"x\" if {\n\tinput.command.dialect != \"postgres\"\n\tinput.command.attributes.argv[0] == \"rm\"\n}",
	"one of two": "deny contains \"x\" if {\n\tinput.command.dialect in {\"postgres\", \"shell\"}\n\tinput.command.attributes.argv[0] == \"rm\"\n}",
	"in two rules": "deny contains \"x\" if input.command.dialect == \"postgres\"\n\ndeny contains \"y\" if input.command.attributes.argv[0] == \"rm\"",
	"another name": `deny contains "x" if input.resource.name == "postgresql"`,
}

test_flagged if {
	missed := {name | some name, text in flagged; count(rule.report) != 1 with input as testing.policy(text) with data.sallyport.attributes as attributes}
	missed == set()
}

test_fine if {
	wrong := {name | some name, text in fine; count(rule.report) > 0 with input as testing.policy(text) with data.sallyport.attributes as attributes}
	wrong == set()
}
