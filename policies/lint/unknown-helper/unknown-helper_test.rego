package custom.regal.rules.sallyport["unknown-helper_test"]

import data.custom.regal.rules.sallyport["unknown-helper"] as rule
import data.sallyport.lint.testing

library := [
	["data", "sallyport", "sql", "read_only"],
	["data", "sallyport", "sql", "changes_schema"],
	["data", "sallyport", "decision"],
]

flagged := {
	"misspelt": "import data.sallyport.sql\n\nallow contains \"x\" if not sql.changes_shcema",
	"in full": `allow contains "x" if data.sallyport.sql.read_onyl`,
	"by another name": "import data.sallyport.sql as does\n\nallow contains \"x\" if does.read_onyl",
	"a package": `allow contains "x" if data.sallyport.sqll.read_only`,
}

fine := {
	"a helper": "import data.sallyport.sql\n\nallow contains \"x\" if sql.read_only",
	"in full": `allow contains "x" if data.sallyport.sql.read_only`,
	"an import alone": "import data.sallyport.sql\n\nallow contains \"x\" if input.subject.kind == \"human\"",
	"the decision": `f if data.sallyport.decision.effect == "deny"`,
	"a part that varies": "f(name) if data.sallyport.sql[name]",
	"what the compiler makes": `f if count(data.sallyport.collected.deny) > 0`,
	"another package": `allow contains "x" if data.shop.sql.read_onyl`,
}

test_flagged if {
	missed := {name | some name, text in flagged; count(rule.report) != 1 with input as testing.policy(text) with data.sallyport.library as library}
	missed == set()
}

test_fine if {
	wrong := {name | some name, text in fine; count(rule.report) > 0 with input as testing.policy(text) with data.sallyport.library as library}
	wrong == set()
}

test_the_names_that_are_near if {
	text := "import data.sallyport.sql\n\nallow contains \"x\" if sql.read_onyl"
	some found in rule.report with input as testing.policy(text) with data.sallyport.library as library
	found.description == "there is no data.sallyport.sql.read_onyl in Sallyport's library; near it: read_only"
}
