# METADATA
# title: An allow without a condition
# description: This allows everything that no rule denies, to everybody
package custom.regal.rules.sallyport["unconditional-allow"]

import data.regal.result
import data.sallyport.lint.module

report contains violation if {
	some one in module.effect_rules
	one.effect == "allow"
	unconditional(one.rule)
	violation := result.fail(rego.metadata.chain(), result.location(one.rule.head))
}

unconditional(rule) if not rule.body

unconditional(rule) if {
	every expression in rule.body {
		not expression.negated
		expression.terms.type == "boolean"
		expression.terms.value == true
	}
}
