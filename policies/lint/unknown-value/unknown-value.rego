# METADATA
# title: A value that the input never has
# description: A comparison with a value that the input's schema does not know
package custom.regal.rules.sallyport["unknown-value"]

import data.regal.ast
import data.regal.result
import data.sallyport.lint.terms

# input.subject.kind == "agnet", and the other way round, with == = !=
report contains violation if {
	some index, calls in ast.found.calls
	some call in calls
	terms.operator(call) in {"equal", "eq", "neq"}
	some [left, right] in [[call[1], call[2]], [call[2], call[1]]]
	path := terms.path(index, left)
	some violation in unknown(path, terms.texts(index, right))
}

# input.command.effects == ["raed"]
report contains violation if {
	some index, calls in ast.found.calls
	some call in calls
	terms.operator(call) in {"equal", "eq", "neq"}
	some [left, right] in [[call[1], call[2]], [call[2], call[1]]]
	path := sprintf("%s/*", [terms.path(index, left)])
	some violation in unknown(path, terms.texts(index, right))
}

# input.subject.kind in {"agnet"}
report contains violation if {
	some index, calls in ast.found.calls
	some call in calls
	terms.operator(call) == "internal.member_2"
	path := terms.path(index, call[1])
	some violation in unknown(path, terms.texts(index, call[2]))
}

# "selct" in input.command.effects
report contains violation if {
	some index, calls in ast.found.calls
	some call in calls
	terms.operator(call) == "internal.member_2"
	path := sprintf("%s/*", [terms.path(index, call[2])])
	some violation in unknown(path, terms.texts(index, call[1]))
}

# some {"access": "wirte"} in input.command.targets
report contains violation if {
	some index, calls in ast.found.calls
	some call in calls
	terms.operator(call) == "internal.member_2"
	call[1].type == "object"
	path := terms.path(index, call[2])
	some [key, value] in call[1].value
	key.type == "string"
	some violation in unknown(sprintf("%s/*/%s", [path, key.value]), terms.texts(index, value))
}

# sql.touches_for({"wirte"}, ["orders"])
report contains violation if {
	some index, calls in ast.found.calls
	some call in calls
	name := imported(call[0].value)
	some position, path in data.sallyport.arguments[name]
	some violation in unknown(path, terms.texts(index, call[to_number(position) + 1]))
}

imported(ref) := concat(".", array.concat(ast.resolved_imports[ref[0].value], [part.value | some i, part in ref; i > 0]))

unknown(path, texts) := {violation |
	values := data.sallyport.paths[path].values
	some text in texts
	not text.value in values
	violation := result.fail(rego.metadata.chain(), object.union(result.location(text), {"description": sprintf(
		"%q is no value of %s; there are: %s",
		[text.value, terms.written(path), concat(", ", values)],
	)}))
}
