# METADATA
# title: An allow that goes by what is not there
# description: This allow goes by what a list does not hold, and does not ask whether the command is complete
package custom.regal.rules.sallyport["allow-by-absence"]

import data.regal.ast
import data.regal.result
import data.sallyport.lint.module
import data.sallyport.lint.terms

# count(input.command.functions) == 0, in all its forms
report contains violation if {
	some allow in doubtful
	some expression in allow.rule.body
	expresses_none(expression)
	some call in terms.nodes(expression.terms)
	terms.operator(call) == "count"
	some list in paths_of_lists(allow.index, call[1])
	violation := found(expression, sprintf("that %s is empty", [terms.written(list)]))
}

# input.command.functions == []
report contains violation if {
	some allow in doubtful
	some expression in allow.rule.body
	not expression.negated
	terms.operator(expression.terms) in {"equal", "eq"}
	some [left, right] in [[expression.terms[1], expression.terms[2]], [expression.terms[2], expression.terms[1]]]
	right.type == "array"
	count(right.value) == 0
	list := terms.path(allow.index, left)
	is_list(list)
	violation := found(expression, sprintf("that %s is empty", [terms.written(list)]))
}

# not "drop" in input.command.effects, not input.command.functions[_].category == "file"
report contains violation if {
	some allow in doubtful
	some expression in allow.rule.body
	expression.negated
	not expresses_none(expression)
	some list in {path |
		some node in terms.nodes(expression.terms)
		path := path_of_list(allow.index, node)
	}
	violation := found(expression, sprintf("of what %s does not hold", [terms.written(list)]))
}

# every target in input.command.targets { … } holds for no target at all
report contains violation if {
	some allow in doubtful
	some expression in allow.rule.body
	expression.terms.domain
	list := terms.path(allow.index, expression.terms.domain)
	is_list(list)
	can_be_empty(allow, list)
	not holds_something(allow, list)
	violation := found(expression, sprintf("that every element of %s is so, which holds for an empty one", [terms.written(list)]))
}

found(expression, what) := result.fail(rego.metadata.chain(), object.union(
	result.location(expression),
	{"description": sprintf("an allow goes by it %s; ask for input.command.complete as well", [what])},
))

# Allows that never ask whether the command is complete.
doubtful contains allow if {
	some allow in module.effect_rules
	allow.effect == "allow"
	every name in mentioned(allow.rule.body) { not name in asking }
	not asks(allow.index)
}

asks(index) if {
	some ref in ast.found.refs[index]
	asks_here(index, ref)
}

asks_here(index, ref) if startswith(terms.path(index, ref), "command/complete")

asks_here(index, ref) if startswith(terms.path(index, ref), "command/reasons")

# Rules of this module that ask for it on behalf of others.
asking contains rule.head.ref[0].value if {
	some i, rule in input.rules
	asks(sprintf("%d", [i]))
}

mentioned(body) := {node.value |
	some node in terms.nodes(body)
	node.type == "var"
}

# The comparison holds where the count is none.
expresses_none(expression) if {
	not expression.negated
	none(terms.operator(expression.terms), expression.terms[1], expression.terms[2])
}

expresses_none(expression) if {
	expression.negated
	some_of(terms.operator(expression.terms), expression.terms[1], expression.terms[2])
}

none("equal", _, right) if right.value == 0

none("eq", _, right) if right.value == 0

none("lte", _, right) if right.value == 0

none("lt", _, right) if right.value == 1

none("equal", left, _) if left.value == 0

none("gte", left, _) if left.value == 0

some_of("gt", _, right) if right.value == 0

some_of("neq", _, right) if right.value == 0

some_of("gte", _, right) if right.value == 1

some_of("lt", left, _) if left.value == 0

# The lists that are counted: one itself, or what a comprehension picks from one.
paths_of_lists(index, term) := {path |
	some node in terms.nodes(term)
	path := path_of_list(index, node)
}

path_of_list(index, node) := path if {
	path := terms.path(index, node)
	is_list(path)
}

# input.command.functions[_].category is an element's: the list is what stands before the [_].
path_of_list(index, node) := path if {
	node.type == "ref"
	whole := terms.path(index, node)
	contains(whole, "/*")
	path := split(whole, "/*")[0]
	is_list(path)
	node.value[0].value == "input"
}

is_list(path) if {
	startswith(path, "command/")
	data.sallyport.paths[path].list
}

# A complete command has an effect; any other list can be empty. One that is not complete can lack anything.
can_be_empty(_, list) if list != "command/effects"

can_be_empty(allow, _) if {
	some value in module.members(allow.rule, "accept")
	value.value == "incomplete"
}

# Another condition that takes an element of the list: count(…) > 0, some … in, "x" in.
holds_something(allow, list) if {
	some expression in allow.rule.body
	not expression.negated
	not expression.terms.domain
	not expresses_none(expression)
	some node in terms.nodes(expression.terms)
	path_of_list(allow.index, node) == list
}
