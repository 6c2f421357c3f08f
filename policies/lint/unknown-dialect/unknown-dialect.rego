# METADATA
# title: A dialect that is not known, or has no such attribute
# description: A comparison with a dialect that is not known here
package custom.regal.rules.sallyport["unknown-dialect"]

import data.regal.ast
import data.regal.result
import data.sallyport.lint.module
import data.sallyport.lint.terms

known := object.keys(data.sallyport.attributes) | {name | some name in data.sallyport.dialects}

# input.command.dialect == "postgresql", input.command.dialect in {"postgres", "mysqll"}
report contains violation if {
	not module.is_test
	some index, calls in ast.found.calls
	some call in calls
	some named in dialects(index, call)
	not named.value in known
	violation := result.fail(rego.metadata.chain(), object.union(result.location(named), {"description": sprintf(
		"there is no dialect %q here; known: %s (give a third party's with --dialect)",
		[named.value, concat(", ", known)],
	)}))
}

# input.command.dialect == "postgres"; input.command.attributes.argv: no command has both.
report contains violation if {
	not module.is_test
	some index in ast.rule_index_strings
	rule := input.rules[to_number(index)]
	named := {text.value |
		some expression in rule.body
		not expression.negated
		terms.operator(expression.terms) in {"equal", "eq"}
		some text in dialects(index, expression.terms)
	}
	count(named) == 1
	some dialect in named
	own := data.sallyport.attributes[dialect]
	some expression in rule.body
	not expression.negated
	some term in terms.nodes(expression.terms)
	term.type == "ref"
	[_, attribute] := attribute_of(index, term)
	not attribute.value in own
	violation := result.fail(rego.metadata.chain(), object.union(result.location(attribute), {"description": sprintf(
		"commands of the dialect %s have no attribute %s; attributes: %s",
		[dialect, attribute.value, concat(", ", own)],
	)}))
}

dialects(index, call) := terms.texts(index, other) if {
	terms.operator(call) in {"equal", "eq", "neq", "internal.member_2"}
	some [field, other] in [[call[1], call[2]], [call[2], call[1]]]
	terms.path(index, field) == "command/dialect"
}

# The first name below the attributes, where it stands in the reference itself.
attribute_of(index, term) := [path, part] if {
	path := terms.path(index, term)
	startswith(path, "command/attributes/")
	name := split(path, "/")[2]
	some part in term.value
	part.type == "string"
	part.value == name
}
