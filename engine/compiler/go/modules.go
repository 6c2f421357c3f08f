package main

import (
	"sort"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

const testSuffix = "_test.rego"

// parseModules parses every module, with its METADATA. All syntax errors of all files are reported at once.
func parseModules(req request, tests bool) (map[string]*ast.Module, []diagnostic) {
	modules := map[string]*ast.Module{}
	var diagnostics []diagnostic
	options := ast.ParserOptions{
		RegoVersion:       ast.RegoV1,
		ProcessAnnotation: true,
		Capabilities:      capabilities(req.Builtins),
	}
	for _, name := range sortedKeys(req.Modules) {
		if !tests && strings.HasSuffix(name, testSuffix) {
			continue
		}
		module, err := ast.ParseModuleWithOpts(name, req.Modules[name], options)
		if err != nil {
			diagnostics = append(diagnostics, fromError(err)...)
			continue
		}
		if module == nil {
			continue // A file of comments alone.
		}
		modules[name] = module
	}
	return modules, diagnostics
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
