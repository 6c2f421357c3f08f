package custom.regal.rules.sallyport["duplicate-id_test"]

import data.custom.regal.rules.sallyport["duplicate-id"] as rule
import data.sallyport.lint.testing

one(id) := concat("", ["# METADATA\n# title: T\n# custom: {id: ", id, "}\ndeny contains {\"rule\": rego.metadata.rule()} if input.subject.kind == \"agent\"\n"])

collected(modules) := {entry |
	some file, text in modules
	some entry in rule.aggregate with input as testing.named(file, concat("", ["package policy.p\n\n", text]))
}

test_in_one_file if {
	entries := collected({"a.rego": concat("\n", [one("X-1"), one("X-2"), one("X-1")])})
	some found in rule.aggregate_report with input as {"aggregate": entries}
	found.location.row == 13
	found.description == "the id X-1 is taken already, at a.rego:3"
	count(rule.aggregate_report) == 1 with input as {"aggregate": entries}
}

test_in_two_files if {
	entries := collected({"a.rego": one("X-1"), "b.rego": one("X-1")})
	some found in rule.aggregate_report with input as {"aggregate": entries}
	found.location.file == "b.rego"
}

test_different_ids if {
	entries := collected({"a.rego": one("X-1"), "b.rego": one("X-2")})
	rule.aggregate_report == set() with input as {"aggregate": entries}
}

test_nothing_collected if rule.aggregate_report == set() with input as {"aggregate": []}

test_tests_and_other_packages_have_no_ids if {
	outside := concat("", ["package other\n\n", one("X-1")])
	rule.aggregate == set() with input as testing.named("a.rego", outside)
	rule.aggregate == set() with input as testing.named("a_test.rego", concat("", ["package policy.p_test\n\n", one("X-1")]))
}
