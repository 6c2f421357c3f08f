package custom.regal.rules.sallyport["metadata-not-carried_test"]

import data.custom.regal.rules.sallyport["metadata-not-carried"] as rule
import data.sallyport.lint.testing

with_id(text) := concat("", ["# METADATA\n# title: T\n# custom: {id: X-1}\n", text])

flagged := {
	"a text": with_id(`deny contains "x" if input.subject.kind == "agent"`),
	"an object": with_id(`deny contains {"message": "x"} if input.subject.kind == "agent"`),
}

fine := {
	"carried": with_id(`deny contains {"rule": rego.metadata.rule()} if input.subject.kind == "agent"`),
	"by a variable": with_id("deny contains {\"rule\": rule} if {\n\trule := rego.metadata.rule()\n\tinput.subject.kind == \"agent\"\n}"),
	"by another of its parts": with_id("deny contains {\"message\": title} if {\n\ttitle := rego.metadata.rule().title\n\tinput.subject.kind == \"agent\"\n}"),
	"an id of its own": with_id(`deny contains {"id": "X-1", "message": "x"} if input.subject.kind == "agent"`),
	"no id": "# METADATA\n# title: T\nallow contains \"x\" if input.subject.kind == \"agent\"",
	"an entry from elsewhere": with_id(`deny contains entry if some entry in data.shop.denials`),
}

test_flagged if {
	missed := {name | some name, text in flagged; count(rule.report) != 1 with input as testing.policy(text)}
	missed == set()
}

test_fine if {
	wrong := {name | some name, text in fine; count(rule.report) > 0 with input as testing.policy(text)}
	wrong == set()
}
