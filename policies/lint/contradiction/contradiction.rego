# METADATA
# title: Conditions that never hold together
# description: A rule's conditions on the same field exclude each other
package custom.regal.rules.sallyport.contradiction

import data.regal.ast
import data.regal.result
import data.sallyport.lint.terms

report contains violation if {
	some index, keys in demands
	some key, list in keys
	allowed := {demand.allowed | some demand in list}
	count(allowed) > 0
	possible := intersection(allowed)
	forbidden := union({demand.forbidden | some demand in list; demand.forbidden})
	count(possible - forbidden) == 0
	count(list) > 1
	last := regal.last(sort([[to_number(position[0]), to_number(position[1]), demand.expression] |
		some demand in list
		position := split(demand.expression.location, ":")
	]))
	violation := result.fail(rego.metadata.chain(), object.union(result.location(last[2]), {"description": sprintf(
		"this rule never holds: its conditions on %s exclude each other",
		[shown(key)],
	)}))
}

shown(key) := terms.written(substring(key, 6, -1)) if startswith(key, "input/")

shown(key) := replace(key, "/", ".") if not startswith(key, "input/")

# What each expression of a rule's body demands of a field: to be one of some values, or none of them.
demands[index][key] contains demand if {
	some i, rule in input.rules
	index := sprintf("%d", [i])
	some expression in rule.body
	some [subject, values] in compared(index, expression.terms)
	key := key_of(index, subject)
	count(values) > 0
	demand := demand_of(expression, values)
}

demand_of(expression, values) := {"allowed": values, "forbidden": set(), "expression": expression} if affirms(expression)

demand_of(expression, values) := {"forbidden": values, "expression": expression} if not affirms(expression)

affirms(expression) if {
	not expression.negated
	terms.operator(expression.terms) != "neq"
}

# Negated twice.
affirms(expression) if {
	expression.negated
	terms.operator(expression.terms) == "neq"
}

compared(index, call) := [[subject, values] |
	terms.operator(call) in {"equal", "eq", "neq"}
	some [subject, other] in [[call[1], call[2]], [call[2], call[1]]]
	other.type in {"string", "number", "boolean", "var"}
	values := plain(terms.constants(index, other))
	count(values) == 1
] if {
	terms.operator(call) in {"equal", "eq", "neq"}
} else := [[call[1], plain(terms.constants(index, call[2]))]] if {
	terms.operator(call) == "internal.member_2"
	terms.is_constant(index, call[2])
} else := []

plain(list) := {one.value | some one in list}

# The same field: a path of the input without any element of a list, or a path below one local variable.
key_of(index, term) := sprintf("input/%s", [path]) if {
	path := terms.path(index, term)
	not contains(path, "*")
} else := concat("/", array.concat([name], static(term))) if {
	name := base(term)
	count(terms.declared[index][name]) == 1
}

base(term) := term.value if {
	term.type == "var"
} else := term.value[0].value if {
	term.type == "ref"
	every part in array.slice(term.value, 1, count(term.value)) { part.type == "string" }
}

static(term) := [] if {
	term.type == "var"
} else := [part.value | some i, part in term.value; i > 0]
