package custom.regal.rules.sallyport["mask-by-command_test"]

import data.custom.regal.rules.sallyport["mask-by-command"] as rule
import data.sallyport.lint.testing

flagged := {
	"the text": `mask contains {"columns": ["email"], "with": "null"} if input.command.text == "SELECT email FROM customers"`,
	"the verb": `mask contains {"labels": ["pii"], "with": "null"} if input.command.verb == "select"`,
	"a target": "mask contains {\"columns\": [\"email\"], \"with\": \"null\"} if {\n\tsome target in input.command.targets\n\ttarget == data.shop.table\n}",
	"an import": "import input.command\n\nmask contains {\"labels\": [\"pii\"]} if command.verb == \"select\"",
}

fine := {
	"who asks": `mask contains {"labels": ["pii"], "with": "hash"} if not "pii" in input.subject.groups`,
	"where": `mask contains {"labels": ["pii"], "with": "hash"} if input.resource.environment == "production"`,
	"what comes back": `mask contains {"labels": ["pii"], "with": "null"} if count(input.result.columns) > 20`,
	"the names from data": `mask contains {"columns": [column], "with": how} if some column, how in data.shop.columns`,
	"a denial": `deny contains "x" if input.command.verb == "drop"`,
}

test_flagged if {
	missed := {name | some name, text in flagged; count(rule.report) != 1 with input as testing.policy(text)}
	missed == set()
}

test_fine if {
	wrong := {name | some name, text in fine; count(rule.report) > 0 with input as testing.policy(text)}
	wrong == set()
}
