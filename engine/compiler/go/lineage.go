package main

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// What of the input a dialect can fill in only where it follows values from the target's columns.
var inputOfLineage = [][]string{{"result"}, {"command", "attributes", "columns"}}

// needsLineage tells whether decisions on commands can depend on where values come from: a rule can mask, or one reads
// what only lineage gives. It may say so needlessly (a rule that reads all attributes), and never leaves it unsaid.
func needsLineage(modules map[string]*ast.Module, paths [][]string) bool {
	masks := false
	eachEffectRule(modules, func(_ *ast.Rule, head string, when stage) {
		masks = masks || head == "mask" && when == commandStage
	})
	return masks || slices.ContainsFunc(paths, func(path []string) bool {
		return slices.ContainsFunc(inputOfLineage, func(root []string) bool {
			return hasPrefix(path, root) || hasPrefix(root, path)
		})
	})
}
