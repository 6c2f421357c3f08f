# METADATA
# title: A review that nobody can answer
# description: A review without approvers or without an end
package custom.regal.rules.sallyport["review-without-approvers"]

import data.regal.ast
import data.regal.result
import data.sallyport.lint.module
import data.sallyport.lint.terms

report contains violation if {
	some one in module.effect_rules
	one.effect == "review"
	module.written_out(one.rule)
	some wrong in faults(one)
	violation := result.fail(rego.metadata.chain(), object.union(
		result.location(one.rule.head.key),
		{"description": wrong},
	))
}

faults(one) := {"a plain text names no approvers and no ttl: give an object"} if {
	one.rule.head.key.type == "string"
} else := (lacking(one) | empty(one)) | endless(one)

lacking(one) := {sprintf("this review has no %s", [name]) |
	some name in ["approvers", "ttl"]
	count(module.members(one.rule, name)) == 0
}

empty(one) := {"nobody can approve this review: its approvers are an empty list" |
	some value in module.members(one.rule, "approvers")
	terms.is_constant(one.index, value)
	count(terms.constants(one.index, value)) == 0
}

# What a duration is: 15m, 1h30m. Zero would end before anybody has seen it.
endless(one) := {sprintf("%q is no time to live: write it as 90s, 15m or 1h30m", [text.value]) |
	some value in module.members(one.rule, "ttl")
	some text in terms.constants(one.index, value)
	not is_duration(text.value)
}

is_duration(text) if {
	is_string(text)
	time.parse_duration_ns(text) > 0
}
