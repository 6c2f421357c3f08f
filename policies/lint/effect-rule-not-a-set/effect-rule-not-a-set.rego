# METADATA
# title: An effect that is true instead of a set
# description: A rule that is named as an effect gives true, which no decision looks at
package custom.regal.rules.sallyport["effect-rule-not-a-set"]

import data.regal.ast
import data.regal.result
import data.sallyport.lint.module

# `deny if …` is refused by the compiler. `team.deny if …` in package policy is not: a value below a longer name is
# allowed to be called so.
report contains violation if {
	module.policy
	some rule in input.rules
	count(rule.head.ref) > 1
	not rule.head.key
	not rule.head.args
	not rule.default
	gives_true(rule)
	effect := module.effect_of(rule)
	violation := result.fail(rego.metadata.chain(), object.union(result.location(rule.head), {"description": sprintf(
		"this %s gives true, which no decision looks at; write: %s contains \"why\" if { … }",
		[effect, ast.ref_static_to_string(rule.head.ref)],
	)}))
}

# `team.deny if …` and `team.deny := true if …`, with a condition: without one it is a setting.
gives_true(rule) if {
	rule.body
	rule.head.value.value == true
}
