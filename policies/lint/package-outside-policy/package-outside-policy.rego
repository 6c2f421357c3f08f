# METADATA
# title: Rules where no decision looks
# description: A rule of an effect in a package that is not below policy
package custom.regal.rules.sallyport["package-outside-policy"]

import data.regal.ast
import data.regal.result
import data.sallyport.lint.module

report contains violation if {
	not below_policy
	not module.is_test
	some rule in input.rules
	rule.head.key
	not rule.head.args
	effect := module.effect_of(rule)
	violation := result.fail(rego.metadata.chain(), object.union(result.location(rule.head), {"description": sprintf(
		"no decision looks at %s in the package %s: only packages below policy take part",
		[effect, ast.package_name],
	)}))
}

below_policy if ast.package_path[0] == "policy"

# Sallyport's own packages, and rules for linters, are about other things.
below_policy if ast.package_path[0] in {"sallyport", "custom", "regal"}

below_policy if array.slice(ast.package_path, 0, 1) == ["system"]
