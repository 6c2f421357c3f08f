# METADATA
# title: What a module takes part with
package sallyport.lint.module

# regal ignore:unresolved-import
import data.regal.ast

# The names with which a rule takes part in the decision (policies/lib/decision.rego).
effects := {"allow", "deny", "limit", "mask", "notify", "quarantine", "record", "review", "settings", "terminate"}

# Outside of the packages that judge sessions it is a name like any other.
elsewhere("settings") if array.slice(ast.package_path, 0, 2) != ["policy", "session"]

# METADATA
# title: It stands below `policy`, and is no test
policy if {
	ast.package_path[0] == "policy"
	not is_test
}

is_test if endswith(input.regal.file.name, "_test.rego")

# METADATA
# title: Its rules that take part in the decision
# description: '{"index", "effect", "rule"}; the index as ast.found has it, a string.'
effect_rules contains {"index": sprintf("%d", [i]), "effect": effect, "rule": rule} if {
	policy
	some i, rule in input.rules
	not rule.default
	rule.head.key
	effect := effect_of(rule)
}

# METADATA
# title: The effect that a rule's head names
# description: Of `deny contains …`, and of `team.deny contains …`.
effect_of(rule) := rule.head.ref[0].value if {
	count(rule.head.ref) == 1
	rule.head.ref[0].value in effects
	not elsewhere(rule.head.ref[0].value)
}

effect_of(rule) := name if {
	count(rule.head.ref) > 1
	name := regal.last(rule.head.ref).value
	name in effects
	not elsewhere(name)
}

# METADATA
# title: The values of an entry's member
# description: 'The terms that stand for `name` in the object that a rule gives, where it is written out.'
members(rule, name) := [pair[1] |
	rule.head.key.type == "object"
	some pair in rule.head.key.value
	pair[0].type == "string"
	pair[0].value == name
]

# METADATA
# title: The entry is written out
# description: Not a variable, and not put together by a function, so that what it lacks is lacking.
written_out(rule) if rule.head.key.type in {"object", "string"}
