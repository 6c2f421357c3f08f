# METADATA
# title: A message that can hold a secret
# description: What this entry says can hold passwords or personal data
package custom.regal.rules.sallyport["secret-in-message"]

import data.regal.result
import data.sallyport.lint.module
import data.sallyport.lint.terms

report contains violation if {
	some one in module.effect_rules
	found := {pair | some node in terms.nodes(one.rule.head.key); some pair in sources_of(one.index, node)}
	count(found) > 0
	[source, path] := sort(found)[0]
	violation := result.fail(rego.metadata.chain(), object.union(result.location(source), {"description": sprintf(
		"%s can hold passwords and personal data, and the message is written to clients, logs and recordings",
		[terms.written(path)],
	)}))
}

# The term itself, what its variable was given, and what that was made of.
sources_of(index, node) := ({[node, path] |
	path := secret(index, node)
	node.type == "ref"
} | {[inner, path] |
	some inner in given(index, node)
	path := secret(index, inner)
}) | {[deeper, path] |
	some inner in given(index, node)
	some deeper in given(index, inner)
	path := secret(index, deeper)
}

# A variable that was given something that is no copy of it (a count, a comparison) says nothing of the text.
given(index, node) := [inner |
	node.type == "var"
	binding := terms.bindings[index][node.value]
	not tells_nothing(binding.term)
	some inner in terms.nodes(binding.term)
	inner.type in {"ref", "var"}
]

tells_nothing(term) if {
	term.type == "call"
	terms.operator(term.value) in {"count", "crypto.md5", "crypto.sha1", "crypto.sha256", "contains", "startswith", "endswith", "regex.match"}
}

secret(index, node) := path if {
	path := terms.path(index, node)
	some pattern in ["command/text", "command/attributes/prepared/text", "parameters", "parameters/*", "parameters/*/text", "parameters/*/base64"]
	path == pattern
}
