package custom.regal.rules.sallyport["text-match_test"]

import data.custom.regal.rules.sallyport["text-match"] as rule
import data.sallyport.lint.testing

flagged := {
	"a regular expression": "deny contains \"x\" if regex.match(`(?i)drop`, input.command.text)",
	"contains": `deny contains "x" if contains(input.command.text, "DROP")`,
	"startswith": `deny contains "x" if startswith(input.command.text, "DROP")`,
	"endswith": `deny contains "x" if endswith(input.command.text, ";")`,
	"indexof": `deny contains "x" if indexof(input.command.text, "DROP") >= 0`,
	"a glob": `deny contains "x" if glob.match("DROP*", [], input.command.text)`,
	"several prefixes": `deny contains "x" if strings.any_prefix_match(input.command.text, ["DROP", "drop"])`,
	"find": `deny contains "x" if count(regex.find_n("DROP", input.command.text, 1)) > 0`,
	"lower case": `deny contains "x" if contains(lower(input.command.text), "drop")`,
	"a part": `deny contains "x" if startswith(trim_space(lower(input.command.text)), "drop")`,
	"a variable": "deny contains \"x\" if {\n\ttext := input.command.text\n\tcontains(text, \"DROP\")\n}",
	"a variable of a variable": "deny contains \"x\" if {\n\ttext := input.command.text\n\tlowered := lower(text)\n\tcontains(lowered, \"drop\")\n}",
	"a part of the input": "deny contains \"x\" if {\n\tcommand := input.command\n\tcontains(command.text, \"DROP\")\n}",
	"an import": "import input.command\n\ndeny contains \"x\" if contains(command.text, \"DROP\")",
	"a rule": "text := lower(input.command.text)\n\ndeny contains \"x\" if contains(text, \"drop\")",
	"a function": "drops(text) if contains(text, \"DROP\")\n\ndeny contains \"x\" if drops(input.command.text)",
	"a function, of a variable": "drops(text) if {\n\tlowered := lower(text)\n\tcontains(lowered, \"drop\")\n}\n\ndeny contains \"x\" if {\n\tstatement := input.command.text\n\tdrops(statement)\n}",
	"negated": `allow contains "x" if not contains(input.command.text, "DROP")`,
	"the first word": `deny contains "x" if split(lower(input.command.text), " ")[0] == "drop"`,
	"a word": "deny contains \"x\" if {\n\twords := split(input.command.text, \" \")\n\t\"DROP\" in words\n}",
}

fine := {
	"effects": `deny contains "x" if "drop" in input.command.effects`,
	"a message": `deny contains {"message": sprintf("not: %s", [input.command.verb])} if input.subject.kind == "agent"`,
	"another text": `deny contains "x" if contains(input.subject.id, "bot")`,
	"a pattern on a name": "deny contains \"x\" if {\n\tsome target in input.command.targets\n\tstartswith(target.path[0], \"tmp_\")\n}",
	"the whole text": `allow contains "health check" if input.command.text == "SELECT 1"`,
	"its length": `deny contains "x" if count(input.command.text) > 100000`,
	"its lines": `deny contains "x" if count(split(input.command.text, "\n")) > 1000`,
	"a function that gets another": "drops(text) if contains(text, \"DROP\")\n\ndeny contains \"x\" if drops(input.subject.id)\n\nlong if count(input.command.text) > 10",
	"a parameter of the same name elsewhere": "drops(text) if contains(text, \"DROP\")\n\nlong(text) if count(text) > 10\n\ndeny contains \"x\" if long(input.command.text)\n\ndeny contains \"y\" if drops(input.subject.id)",
	"a function of the text": "long(text) if count(text) > 10\n\ndeny contains \"x\" if long(input.command.text)",
}

test_flagged if {
	missed := {name | some name, text in flagged; count(rule.report) != 1 with input as testing.policy(text)}
	missed == set()
}

test_fine if {
	wrong := {name | some name, text in fine; count(rule.report) > 0 with input as testing.policy(text)}
	wrong == set()
}

# A test may say what it likes about a text.
test_tests_are_left_alone if {
	text := "package policy.p_test\n\ntest_it if contains(input.command.text, \"DROP\")\n"
	rule.report == set() with input as testing.named("policies/p_test.rego", text)
}
