# METADATA
# title: A rule without title and id
# description: A rule that takes part in the decision has no title or no id
package custom.regal.rules.sallyport["rule-without-id"]

import data.regal.config
import data.regal.result
import data.sallyport.lint.module

report contains violation if {
	some one in module.effect_rules
	one.effect in checked
	not says_it_itself(one)
	lacking := [word | some word in ["title", "id"]; not has(one.rule, word)]
	count(lacking) > 0
	violation := result.fail(rego.metadata.chain(), object.union(result.location(one.rule.head), {"description": sprintf(
		"this %s has no %s in its METADATA: whoever meets the decision cannot tell which rule made it",
		[one.effect, concat(" and no ", lacking)],
	)}))
}

checked := {name | some name in settings.effects} if settings.effects

checked := module.effects if not settings.effects

settings := config.for_rule("sallyport", "rule-without-id")

# allow contains "everybody reads": the reason is the rule's title, and what is allowed needs no remedy.
says_it_itself(one) if {
	one.effect in {name | some name in object.get(settings, "except-plain-text", ["allow"])}
	one.rule.head.key.type == "string"
}

# {"rule": "SHOP-1", "message": "…"}
says_it_itself(one) if {
	some name in ["rule", "id"]
	module.members(one.rule, name)[_].type == "string"
	count(module.members(one.rule, "message")) > 0
}

# What cannot be read here is not judged: an entry that comes from elsewhere.
says_it_itself(one) if not module.written_out(one.rule)

has(rule, "title") if annotations(rule)[_].title

has(rule, "id") if is_string(annotations(rule)[_].custom.id)

# A rule's own METADATA, and that of its name as a whole (scope: document).
annotations(rule) := array.concat(
	[one | some one in object.get(rule, "annotations", [])],
	[one |
		some other in input.rules
		names(other) == names(rule)
		some one in object.get(other, "annotations", [])
		one.scope == "document"
	],
)

names(rule) := [part.value | some part in rule.head.ref]
