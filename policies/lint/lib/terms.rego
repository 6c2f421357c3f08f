# METADATA
# title: What terms stand for
# description: |
#   Follows names to what they were given: local variables (`:=`, `some … in`, `every`), rules that are another name for
#   a value, and imports of a part of the input. A name that a rule declares twice is not followed: which of the two is
#   meant depends on scopes, and a finding that is wrong costs more than one that is missing.
package sallyport.lint.terms

# regal ignore:unresolved-import
import data.regal.ast

# METADATA
# title: The path below `input` that a term stands for
# description: 'With `/` between names and `*` for any element: `command/targets/*/access`, as in data.sallyport.paths.'
path(index, term) := concat("/", parts(environment[index], term))

# METADATA
# title: The name of the function or operator that is called
operator(call) := ast.ref_to_string(call[0].value)

# METADATA
# title: A term and all that it consists of
nodes(term) := [node | walk(term, [_, node])]

# METADATA
# title: A term's strings
# description: Those of a literal, of a set or list of literals, of a union of those, and of names that stand for one.
texts(index, term) := {text | some text in _strings(_literal(index, term)); text.type == "string"}

# METADATA
# title: A term's constant values
constants(index, term) := {text | some text in _strings(_literal(index, term)); text.type in {"string", "number", "boolean", "null"}}

# METADATA
# title: A term is written out, as a whole
# description: A set or list without any variable, a literal, or a name that stands for one.
is_constant(index, term) if _whole(_literal(index, term))

_whole(term) if term.type in {"string", "number", "boolean", "null"}

_whole(term) if {
	term.type in {"array", "set"}
	every item in term.value { item.type in {"string", "number", "boolean", "null"} }
}

_strings(term) := [term] if {
	term.type in {"string", "number", "boolean", "null"}
} else := term.value if {
	term.type in {"array", "set"}
} else := [item |
	some side in [term.value[1], term.value[2]]
	some item in _strings_of_side(side)
] if {
	term.type == "call"
	operator(term.value) == "or"
} else := []

_strings_of_side(term) := term.value if {
	term.type == "set"
} else := constant_rules[term.value].value if {
	term.type == "var"
	constant_rules[term.value].type == "set"
} else := []

# What a name stands for: the literal that it was given, or itself.
_literal(index, term) := given if {
	term.type == "var"
	given := object.get(_bound, [index, term.value], object.get(constant_rules, term.value, term))
} else := term

_bound[index][name] := binding.term if {
	some index, names in bindings
	some name, binding in names
	not binding.element
	binding.term.type != "var"
}

# METADATA
# title: Rules that are a name for a literal
constant_rules[name] := rule.head.value if {
	some name, rule in _named
	rule.head.value.type in {"array", "set", "string", "number", "boolean"}
}

# Rules without a condition that are defined once: another name for their value.
_named[name] := rule if {
	some rule in input.rules
	not rule.head.args
	not rule.head.key
	not rule.body
	not rule["else"]
	count(rule.head.ref) == 1
	name := rule.head.ref[0].value
	count([1 | some other in input.rules; other.head.ref[0].value == name]) == 1
}

# METADATA
# title: What variables of a rule were given
# description: 'By rule and name: {"term", "element"}; element: the variable is any element of the term.'
bindings[index][name] := binding if {
	some index, names in _given
	some name, list in names
	count(list) == 1
	count(declared[index][name]) == 1
	some binding in list
}

_given[index][call[1].value] contains {"term": call[2], "element": false} if {
	some index in ast.rule_index_strings
	some call in ast.found.calls[index]
	call[1].type == "var"
	operator(call) == "assign"
}

_given[index][variable.value] contains {"term": regal.last(call), "element": true} if {
	some index in ast.rule_index_strings
	some symbols in ast.found.symbols[index]
	symbols[0].type == "call"
	call := symbols[0].value
	variable := call[count(call) - 2]
	variable.type == "var"
}

_given[index][expression.terms.value.value] contains {"term": expression.terms.domain, "element": true} if {
	some index in ast.rule_index_strings
	some expression in ast.found.expressions[index]
	expression.terms.domain
	expression.terms.value.type == "var"
}

# METADATA
# title: Where variables of a rule are declared
declared[index][variable.value] contains variable.location if {
	some index in ast.rule_index_strings
	some call in ast.found.calls[index]
	operator(call) == "assign"
	some variable in _variables(call[1])
}

declared[index][variable.value] contains variable.location if {
	some index in ast.rule_index_strings
	some context in ["some", "somein", "every", "args"]
	some variable in ast.found.vars[index][context]
}

_variables(term) := [term] if {
	term.type == "var"
} else := [part |
	walk(term, [_, part])
	part.type == "var"
]

# METADATA
# title: The path of what a name of a rule stands for
# description: By rule and name. Names that stand for names are followed three times.
environment[index] := object.union(_below, _third[index]) if some index in ast.rule_index_strings

_nothing[index] := _below if some index in ast.rule_index_strings

_first[index] := _followed(index, _nothing[index]) if some index in ast.rule_index_strings

_second[index] := _followed(index, object.union(_below, _first[index])) if some index in ast.rule_index_strings

_third[index] := _followed(index, object.union(_below, _second[index])) if some index in ast.rule_index_strings

_followed(index, known) := {name: found |
	some name, binding in object.get(bindings, index, {})
	found := _of_binding(binding, parts(known, binding.term))
}

_of_binding(binding, found) := array.concat(found, ["*"]) if binding.element

_of_binding(binding, found) := found if not binding.element

# What a whole module calls by another name.
_below := object.union(_imported, {name: found |
	some name, rule in _named
	found := parts(_imported, rule.head.value)
})

_imported[name] := [part.value | some i, part in one.path.value; i > 0] if {
	some one in input.imports
	one.path.value[0].value == "input"
	name := object.get(one, "alias", regal.last(one.path.value).value)
}

# METADATA
# title: The path below `input` of a term, where names stand for the paths in `known`
# scope: document
parts(known, term) := _tail(term) if {
	term.type == "ref"
	term.value[0].value == "input"
} else := array.concat(known[term.value[0].value], _tail(term)) if {
	term.type == "ref"
} else := known[term.value] if {
	term.type == "var"
}

_tail(term) := [_part(part) |
	some i, part in term.value
	i > 0
]

_part(part) := part.value if {
	part.type == "string"
} else := "*"

# METADATA
# title: A path as a policy writes it
# description: '`command/targets/*/access` is input.command.targets[_].access.'
written(name) := sprintf("input.%s", [replace(replace(name, "/*", "[_]"), "/", ".")])
