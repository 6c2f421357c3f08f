package custom.regal.rules.sallyport["unknown-value_test"]

import data.custom.regal.rules.sallyport["unknown-value"] as rule
import data.sallyport.lint.testing

flagged := {
	"compared": `deny contains "x" if input.subject.kind == "agnet"`,
	"the other way round": `deny contains "x" if "agnet" == input.subject.kind`,
	"with =": `deny contains "x" if input.subject.kind = "agnet"`,
	"always true": `deny contains "x" if input.subject.kind != "agnet"`,
	"negated": `deny contains "x" if not input.subject.kind == "agnet"`,
	"stage": `deny contains "x" if input.stage == "statement"`,
	"an element": `deny contains "x" if input.command.effects[_] == "selct"`,
	"an element by name": "deny contains \"x\" if {\n\tsome effect in input.command.effects\n\teffect == \"selct\"\n}",
	"one of a set": "deny contains \"x\" if {\n\tsome effect in input.command.effects\n\teffect in {\"drop\", \"trunc\"}\n}",
	"one of a list": `deny contains "x" if input.subject.kind in ["human", "robot"]`,
	"one of a named set": "kinds := {\"agnet\"}\n\ndeny contains \"x\" if input.subject.kind in kinds",
	"one of a union": "kinds := {\"agnet\"}\n\ndeny contains \"x\" if input.subject.kind in (kinds | {\"ci\"})",
	"a member": `deny contains "x" if "selct" in input.command.effects`,
	"by a variable": "deny contains \"x\" if {\n\tkind := input.subject.kind\n\tkind == \"agnet\"\n}",
	"by two variables": "deny contains \"x\" if {\n\twho := input.subject\n\tkind := who.kind\n\tkind == \"agnet\"\n}",
	"by a rule": "kind := input.subject.kind\n\ndeny contains \"x\" if kind == \"agnet\"",
	"by an import": "import input.subject as who\n\ndeny contains \"x\" if who.kind == \"agnet\"",
	"below an element": "deny contains \"x\" if {\n\tsome target in input.command.targets\n\ttarget.access == \"wirte\"\n}",
	"below a key and an element": "deny contains \"x\" if {\n\tsome _, target in input.command.targets\n\ttarget.access == \"wirte\"\n}",
	"in every": `allow contains "x" if every effect in input.command.effects { effect == "raed" }`,
	"in every, of a set": `allow contains "x" if every effect in input.command.effects { effect in {"raed", "read"} }`,
	"in a comprehension": `deny contains "x" if count({t | some t in input.command.targets; t.access == "wirte"}) > 0`,
	"in an else": "kind := 1 if {\n\tinput.subject.kind == \"human\"\n} else := 2 if {\n\tinput.subject.kind == \"agnet\"\n}",
	"in a function": `agent(_) if input.subject.kind == "agnet"`,
	"a whole list": `allow contains "x" if input.command.effects == ["raed"]`,
	"a dialect's": `deny contains "x" if input.command.attributes.copy.endpoint == "programme"`,
	"a dialect's list": "deny contains \"x\" if {\n\tsome setting in input.command.attributes.settings\n\tsetting.scope in {\"sistem\"}\n}",
	"a pattern": `deny contains "x" if some {"access": "wirte"} in input.command.targets`,
	"an argument": "import data.sallyport.sql\n\ndeny contains \"x\" if sql.touches_for({\"wirte\"}, [\"orders\"])",
	"what the session did": `deny contains "x" if "wirte" in input.session.effects`,
	"a constant": "who := \"agnet\"\n\ndeny contains \"x\" if input.subject.kind == who",
	"a local constant": "deny contains \"x\" if {\n\twho := \"agnet\"\n\tinput.subject.kind == who\n}",
}

fine := {
	"a value": `deny contains "x" if input.subject.kind == "agent"`,
	"values": `deny contains "x" if input.subject.kind in {"agent", "ci", "service"}`,
	"a free text": `deny contains "x" if input.subject.id == "agnet"`,
	"a free list": `deny contains "x" if "agnet" in input.subject.groups`,
	"a map": `deny contains "x" if input.resource.labels.kind == "agnet"`,
	"another document": `deny contains "x" if data.kinds[_] == "agnet"`,
	"a name that is declared twice": "deny contains \"x\" if {\n\tcount([kind | kind := input.subject.kind]) == 1\n\tcount([kind | kind := input.subject.id; kind == \"agnet\"]) == 1\n}",
	"a parameter": `f(kind) if kind == "agnet"`,
	"a target's kind": "deny contains \"x\" if {\n\tsome target in input.command.targets\n\ttarget.kind == \"collection\"\n}",
	"two variables": "deny contains \"x\" if {\n\tsome effect in input.command.effects\n\tsome group in input.subject.groups\n\tgroup == \"trunc\"\n\teffect == \"drop\"\n}",
	"a key": "deny contains \"x\" if {\n\tsome name, value in input.session.settings\n\tname == \"role\"\n\tvalue == \"agnet\"\n}",
	"another's attribute": `deny contains "x" if input.command.attributes.unheard.of == "agnet"`,
	"arguments": "import data.sallyport.sql\n\ndeny contains \"x\" if sql.touches_for({\"write\"}, [\"orders\"])",
	"not an input": "deny contains \"x\" if {\n\tinputs := {\"subject\": {\"kind\": \"agnet\"}}\n\tinputs.subject.kind == \"agnet\"\n}",
}

test_flagged if {
	missed := {name | some name, text in flagged; count(rule.report) != 1 with input as testing.policy(text)}
	missed == set()
}

test_fine if {
	wrong := {name | some name, text in fine; count(rule.report) > 0 with input as testing.policy(text)}
	wrong == set()
}

test_where_and_what if {
	some found in rule.report with input as testing.policy(`deny contains "x" if input.subject.kind == "agnet"`)
	found.location.row == 3
	found.location.col == 44
	found.location.end == {"row": 3, "col": 51}
	found.description == `"agnet" is no value of input.subject.kind; there are: agent, ci, human, service`
}
