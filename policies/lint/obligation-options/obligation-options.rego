# METADATA
# title: An option that nobody can fulfil
# description: An entry lacks what its effect needs, or has an option that does not exist
package custom.regal.rules.sallyport["obligation-options"]

import data.regal.result
import data.sallyport.lint.module
import data.sallyport.lint.terms

# Those of policies/lib/masking.rego; ways from the least to the most private.
ways := ["partial", "fake", "hash", "redact", "null"]

detectors := ["card", "email", "iban", "jwt", "national_id", "phone", "private_key", "secret"]

sources := ["columns", "labels", "detect"]

# Those that gateways count (proxy/limits/quantities.ts); of a session, those that hold from its beginning.
quantities := ["rows", "bytes", "seconds", "statements_per_minute", "session_seconds", "sessions"]

nouns := {"mask": "a mask", "limit": "a limit", "settings": "settings"}

report contains violation if {
	some one in module.effect_rules
	module.written_out(one.rule)
	some [term, wrong] in faults(one)
	violation := result.fail(rego.metadata.chain(), object.union(result.location(term), {"description": wrong}))
}

faults(one) := {[one.rule.head.key, sprintf("%s needs an object", [nouns[one.effect]])]} if {
	one.effect in {"mask", "limit", "settings"}
	one.rule.head.key.type != "object"
} else := union({unmasked(one), unknown_way(one), no_names(one), unknown_detectors(one), unknown_members(one)}) if {
	one.effect == "mask"
} else := unlimited(one) if {
	one.effect == "limit"
} else := unset(one) if {
	one.effect == "settings"
} else := unaccepted(one) if {
	one.effect in {"allow", "review"}
} else := set()

unmasked(one) := {[one.rule.head.key, "this mask does not say what: add columns, labels or detect"] |
	count([1 | some name in sources; some _ in module.members(one.rule, name)]) == 0
}

unknown_way(one) := {[value, wrong] |
	some value in module.members(one.rule, "with")
	some text in terms.constants(one.index, value)
	text.type != "null"
	not text.value in ways
	wrong := sprintf("%v is no way to mask; there are: %s", [text.value, concat(", ", ways)])
}

no_names(one) := {[value, wrong] |
	some name in sources
	some value in module.members(one.rule, name)
	value.type in {"string", "number", "boolean", "null", "array"}
	terms.is_constant(one.index, value)
	not names(value)
	wrong := sprintf("%s must be a list of names", [name])
}

unknown_detectors(one) := {[value, wrong] |
	some value in module.members(one.rule, "detect")
	value.type in {"array", "set"}
	some item in value.value
	some text in terms.constants(one.index, item)
	text.type == "string"
	not text.value in detectors
	wrong := sprintf("%v is no detector; there are: %s", [text.value, concat(", ", detectors)])
}

unknown_members(one) := {[pair[0], sprintf("a mask has no %v; it has: %s, with", [pair[0].value, concat(", ", sources)])] |
	some pair in one.rule.head.key.value
	pair[0].type == "string"
	not pair[0].value in {"columns", "labels", "detect", "with", "rule", "id", "message", "severity", "remediation"}
}

names(value) if {
	value.type in {"array", "set"}
	count(value.value) > 0
	every item in value.value { item.type == "string" }
}

unlimited(one) := ({[one.rule.head.key, "this limit has no amount: give a number, such as {\"rows\": 1000}"] |
	amounts := [pair | some pair in one.rule.head.key.value; not pair[0].value in {"rule", "message"}]
	count(amounts) == 0
} | {[pair[1], sprintf("the amount of %v must be a number", [pair[0].value])] |
	some pair in one.rule.head.key.value
	not pair[0].value in {"rule", "message"}
	pair[1].type in {"string", "boolean", "null", "array", "set", "object"}
}) | {[pair[0], sprintf("%v is no quantity that a gateway counts; there are: %s", [pair[0].value, concat(", ", quantities)])] |
	some pair in one.rule.head.key.value
	pair[0].type == "string"
	not pair[0].value in {"rule", "message"}
	not pair[0].value in quantities
}

unset(one) := {[one.rule.head.key, "these settings name none: give one, such as {\"statement_timeout\": \"30s\"}"] |
	named := [pair | some pair in one.rule.head.key.value; not pair[0].value in {"rule", "message"}]
	count(named) == 0
} | {[pair[1], sprintf("the value of %v must be a text", [pair[0].value])] |
	some pair in one.rule.head.key.value
	not pair[0].value in {"rule", "message"}
	pair[1].type in {"number", "boolean", "null", "array", "set", "object"}
}

unaccepted(one) := {[value, sprintf("%v is nothing that can be accepted; there is: incomplete", [text.value])] |
	one.rule.head.key.type == "object"
	some value in module.members(one.rule, "accept")
	some text in terms.constants(one.index, value)
	text.value != "incomplete"
}
