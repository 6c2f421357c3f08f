package main

import (
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
)

// formatModules gives every module as `opa fmt` writes it, with the same options. As there, a result that would not parse
// is an error.
func formatModules(req request) (any, []diagnostic) {
	capabilities := ast.CapabilitiesForThisVersion(ast.CapabilitiesRegoVersion(ast.DefaultRegoVersion))
	parser := ast.ParserOptions{RegoVersion: ast.DefaultRegoVersion, Capabilities: capabilities}
	options := format.Opts{RegoVersion: ast.DefaultRegoVersion, Capabilities: capabilities, ParserOptions: &parser}
	formatted := map[string]string{}
	var diagnostics []diagnostic
	for _, name := range sortedKeys(req.Modules) {
		text, err := format.SourceWithOpts(name, []byte(req.Modules[name]), options)
		if err != nil {
			diagnostics = append(diagnostics, fromError(err)...)
			continue
		}
		if _, err := ast.ParseModuleWithOpts(name, string(text), parser); err != nil {
			diagnostics = append(diagnostics, diagnostic{Severity: "error", Code: "format_result_invalid", File: name,
				Message: fmt.Sprintf("formatted, it would not parse any more: %v", err),
				Help:    "the file was left as it is; please report it"})
			continue
		}
		formatted[name] = string(text)
	}
	return map[string]any{"modules": formatted}, diagnostics
}
