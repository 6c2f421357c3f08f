# METADATA
# title: A mask that goes by the command
# description: A rule masks only where the command is written in a certain way, so another way of writing it shows the values
package custom.regal.rules.sallyport["mask-by-command"]

import data.regal.result
import data.sallyport.lint.module
import data.sallyport.lint.terms

# What differs with how a command is written. What it gives back, and the labels of its columns, do not.
written := {"fingerprint", "functions", "targets", "text", "verb"}

report contains violation if {
	some one in module.effect_rules
	one.effect == "mask"
	some node in terms.nodes(one.rule.body)
	of_command(one.index, node)
	violation := result.fail(rego.metadata.chain(), result.location(node))
}

of_command(index, node) if {
	node.type == "ref"
	parts := split(terms.path(index, node), "/")
	parts[0] == "command"
	parts[1] in written
}
